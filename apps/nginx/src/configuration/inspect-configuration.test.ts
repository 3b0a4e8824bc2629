import { createProtectedSpace, parseNetwork } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { inspectConfiguration } from './inspect-configuration.ts';

const dump = (files: Readonly<Record<string, string>>) =>
  Object.entries(files)
    .map(([name, text]) => `# configuration file ${name}:\n${text}\n`)
    .join('');
const good = {
  '/etc/nginx/nginx.conf':
    'load_module modules/ngx_http_lua_module.so;\nhttp { include /o/crowdsec.conf; include conf.d/*.conf; include /s; set_real_ip_from 10.0.0.1; server { listen 80; } }',
  '/o/crowdsec.conf':
    'access_by_lua_no_postpone on;\naccess_by_lua_block { if "}" then return end -- }\n }\nmap "" $crowdsec_disable_bouncer { default ""; }',
};
const some = {
  ...good,
  '/etc/nginx/nginx.conf': good['/etc/nginx/nginx.conf'].replace('crowdsec.conf', 'crowdsec-some.conf'),
  '/o/crowdsec-some.conf': 'access_by_lua_no_postpone on;',
  '/o/crowdsec-server.conf': 'access_by_lua_block { }',
};
const guard = { '/o/crowdsec-return.conf': 'header_filter_by_lua_block { }' };
const allowlist = [parseNetwork('198.51.100.0/24')!];
const space = createProtectedSpace({ allowlist, addresses: [], blockPrivateNetworks: false });
const stepsOf = (files: Readonly<Record<string, string>>, mode: 'lua' | 'geo' = 'lua') => [
  ...inspectConfiguration(dump(files), mode, '/o', space),
];
const notOk = (files: Readonly<Record<string, string>>, mode: 'lua' | 'geo' = 'lua') =>
  stepsOf(files, mode).filter(({ level }) => level !== 'ok');

describe('the configuration of NGINX', () => {
  it('passes when it is right', () => {
    expect(stepsOf(good).map(({ level, step }) => [level, step])).toEqual([
      ['ok', 'lua module'],
      ['ok', 'include'],
      ['ok', 'other handlers'],
      ['ok', 'before passwords'],
      ['ok', 'bare returns'],
      ['ok', 'client addresses'],
    ]);
  });

  it.each<[string, Record<string, string>, string[], RegExp]>([
    [
      'no Lua',
      { '/etc/nginx/nginx.conf': 'http {}' },
      ['fail lua module', 'fail include', 'warn before passwords', 'warn client addresses'],
      /NGINX_MODE=geo/,
    ],
    [
      'an include that is only a comment',
      { ...good, '/etc/nginx/nginx.conf': good['/etc/nginx/nginx.conf'].replace('include /o', '#') },
      ['fail include', 'warn before passwords', 'warn client addresses'],
      /include \/o\/crowdsec.conf;/,
    ],
    [
      'another handler',
      { ...good, '/s': 'server { server_name a; access_by_lua_block { x() } }' },
      ['fail other handlers'],
      /begin that access_by_lua with/,
    ],
    [
      'another handler in a location',
      { ...good, '/s': 'server { location /x { access_by_lua_file /y.lua; } }' },
      ['fail other handlers'],
      /begin that access_by_lua with/,
    ],
    [
      'a handler that may grant',
      { ...good, '/s': 'server { satisfy any; access_by_lua_block { loadfile("/o/crowdsec.lua")() } }' },
      ['warn other handlers'],
      /ngx.exit\(ngx.DECLINED\)/,
    ],
    [
      'only one server',
      { ...some, '/s': 'server { server_name a; include /o/crowdsec-server.conf; } server { server_name b; }' },
      ['warn include'],
      /include \/o\/crowdsec.conf;/,
    ],
    [
      'passwords before us',
      { ...good, '/o/crowdsec.conf': 'access_by_lua_block { }' },
      ['warn before passwords'],
      /crowdsec-some.conf/,
    ],
    [
      'a redirect server',
      { ...good, '/etc/nginx/conf.d/a.conf': 'server { listen 80; return 301 https://$host; }' },
      ['warn bare returns'],
      /include \/o\/crowdsec-return.conf;/,
    ],
    [
      'a redirect on a condition',
      { ...good, '/s': 'server { if ($host = "a{b") { return 301 https://a; } return 404; }' },
      ['warn bare returns'],
      /crowdsec-return/,
    ],
    [
      'a redirect by rewrite',
      { ...good, '/s': 'server { location / { rewrite ^/(.*)$ https://a/$1 permanent; } }' },
      ['warn bare returns'],
      /crowdsec-return/,
    ],
    [
      'a health check',
      { ...good, '/s': 'server { location = /health { return 200 "fine"; } }' },
      ['warn bare returns'],
      /crowdsec-return/,
    ],
    [
      'a maintenance page',
      { ...good, '/s': "server { location / { return 503 'soon'; } }" },
      ['warn bare returns'],
      /crowdsec-return/,
    ],
    ['no code cache', { ...good, '/s': 'lua_code_cache off;' }, ['warn code cache'], /for developers/],
    [
      'a proxy that can be banned',
      { ...good, '/s': 'set_real_ip_from 10.0.0.0/8; set_real_ip_from 198.51.100.7; set_real_ip_from 203.0.113.9;' },
      ['fail client addresses'],
      /^ALLOWLIST=203.0.113.9$/,
    ],
    [
      'a trust in everybody',
      { ...good, '/s': 'set_real_ip_from 0.0.0.0/0;' },
      ['fail client addresses'],
      /your proxies only/,
    ],
    [
      'a trust in half of the world',
      { ...good, '/s': 'set_real_ip_from 128.0.0.0/1;' },
      ['fail client addresses'],
      /your proxies only/,
    ],
    [
      'no proxy',
      { ...good, '/etc/nginx/nginx.conf': good['/etc/nginx/nginx.conf'].replace(/set_real_ip_from [^;]*;/, '') },
      ['warn client addresses'],
      /set_real_ip_from/,
    ],
    [
      'an open TCP service',
      {
        ...good,
        '/etc/nginx/nginx.conf': `${good['/etc/nginx/nginx.conf']} stream { server { listen 5432; proxy_pass 10.0.0.7:5432; } }`,
      },
      ['warn stream services'],
      /crowdsec-stream.conf/,
    ],
  ])('is told to have %s', (_, files, steps, fix) => {
    const found = notOk(files);
    expect(found.map(({ level, step }) => `${level} ${step}`)).toEqual(steps);
    expect(found.map((each) => each.fix).join('\n')).toMatch(new RegExp(fix, 'm'));
  });

  it.each<[string, Record<string, string>]>([
    [
      'comments, and calls of ours',
      { '/s': '# access_by_lua_block { }\nserver { access_by_lua_block { (x or loadfile("/o/crowdsec.lua"))() } }' },
    ],
    ['satisfy any', { '/s': 'server { location / { satisfy any; } }' }],
    [
      'covered returns',
      { ...guard, '/s': 'server { include /o/crowdsec-return.conf; return 301 /x; location = /h { return 200; } }' },
    ],
    [
      'returns that are left out, internal, or refuse everybody',
      {
        '/s': 'server { location /a { set $crowdsec_disable_bouncer 1; return 200; } location @b { return 302 /; } location /c { return 444; } location /d { return 403; } return 404; }',
      },
    ],
    [
      'a server that is left out',
      { ...some, '/s': 'server { set $crowdsec_disable_bouncer 1; access_by_lua_block { } }' },
    ],
    [
      'a protected TCP service',
      {
        '/etc/nginx/nginx.conf': `${good['/etc/nginx/nginx.conf']} stream { map $crowdsec_blocked $db { 0 a; } server { listen 1; proxy_pass $db; } }`,
      },
    ],
  ])('is not told of %s', (_, files) => {
    const all = { ...good, ...files };
    const isSome = '/o/crowdsec-some.conf' in all;
    expect(notOk(all).filter(({ step }) => !isSome || step !== 'include')).toEqual([]);
  });

  it('needs the include of each server in geo mode, above what answers', () => {
    const main = (server: string) => ({
      '/etc/nginx/nginx.conf': `http { set_real_ip_from 10.0.0.1; server { ${server} } }`,
      '/o/crowdsec-geo-server.conf': 'if ($crowdsec_refused) { return 403 "no"; }',
    });
    const levels = (server: string) => notOk(main(server), 'geo').map(({ level, step }) => `${level} ${step}`);
    const ours = 'include /o/crowdsec-geo-server.conf;';
    expect(levels('')).toEqual(['fail include']);
    expect(levels(ours)).toEqual([]);
    expect(levels(`${ours} return 301 /;`)).toEqual([]);
    expect(levels(`return 301 /; ${ours}`)).toEqual(['warn bare returns']);
    expect(levels(`${ours} } server { `)).toEqual(['warn include']);
  });
});
