import { createProtectedSpace, parseNetwork } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { inspectConfiguration } from './inspect-configuration.ts';

const dump = (files: Readonly<Record<string, string>>) =>
  Object.entries(files)
    .map(([name, text]) => `# configuration file ${name}:\n${text}\n`)
    .join('');
const good = {
  '/etc/nginx/nginx.conf': 'load_module modules/ngx_http_lua_module.so;\nhttp { include /o/crowdsec.conf; }',
  '/o/crowdsec.conf': 'access_by_lua_file /o/crowdsec.lua;',
};
const allowlist = [parseNetwork('198.51.100.0/24')!];
const space = createProtectedSpace({ allowlist, addresses: [], blockPrivateNetworks: false });
const failures = (files: Readonly<Record<string, string>>, mode: 'lua' | 'geo' = 'lua') =>
  [...inspectConfiguration(dump(files), mode, '/o', space)].filter(({ ok }) => !ok);

describe('the configuration of NGINX', () => {
  it('passes when it is right', () => {
    const steps = [...inspectConfiguration(dump(good), 'lua', '/o', space)];
    expect(steps.map(({ ok, step }) => [ok, step])).toEqual([
      [true, 'lua module'],
      [true, 'include'],
      [true, 'other handlers'],
      [true, 'client addresses'],
    ]);
  });

  it.each([
    ['no Lua', { '/etc/nginx/nginx.conf': 'http {}' }, ['lua module', 'include'], /NGINX_MODE=geo/],
    [
      'no include',
      { '/etc/nginx/nginx.conf': good['/etc/nginx/nginx.conf'] },
      ['include'],
      /include \/o\/crowdsec.conf;/,
    ],
    [
      'another handler',
      { ...good, '/s': 'server { access_by_lua_block { x() } }' },
      ['other handlers'],
      /begin that access_by_lua with/,
    ],
    ['satisfy any', { ...good, '/s': 'location / { satisfy any; }' }, ['other handlers'], /satisfy any/],
    [
      'a proxy that can be banned',
      { ...good, '/s': 'set_real_ip_from 10.0.0.0/8; set_real_ip_from 198.51.100.7; set_real_ip_from 203.0.113.9;' },
      ['client addresses'],
      /^ALLOWLIST=203.0.113.9$/,
    ],
    [
      'a trust in everybody',
      { ...good, '/s': 'set_real_ip_from 0.0.0.0/0;' },
      ['client addresses'],
      /your proxies only/,
    ],
  ])('is told to have %s', (_, files, steps, fix) => {
    const failed = failures(files);
    expect(failed.map(({ step }) => step)).toEqual(steps);
    expect(failed.map((each) => each.fix).join('\n')).toMatch(fix);
  });

  it('is not told of what is only a comment, or calls ours', () => {
    const own = '# access_by_lua_block { }\naccess_by_lua_block { (x or loadfile("/o/crowdsec.lua"))() }';
    expect(failures({ ...good, '/s': own })).toEqual([]);
    expect(failures({ '/n': '# include /o/crowdsec.conf;' }).map(({ step }) => step)).toContain('include');
  });

  it('needs the include of a server in geo mode', () => {
    expect(failures({ '/o/crowdsec-geo.conf': '' }, 'geo').map(({ step }) => step)).toEqual(['include']);
    expect(failures({ '/o/crowdsec-geo-server.conf': '' }, 'geo')).toEqual([]);
  });
});
