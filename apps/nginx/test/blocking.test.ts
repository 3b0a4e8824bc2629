import { describe, expect, it, onTestFinished } from 'vitest';
import { callLine } from '../src/lua/bouncer.ts';
import { nginxMissing } from './debian-nginx.ts';
import { ban, protectedNginx } from './fixture.ts';
import type { NginxOptions } from './real-nginx.ts';

const reason = await nginxMissing();

async function start(entries: string[], options: NginxOptions = {}, more = {}) {
  const { nginx } = await protectedNginx(
    entries.map((text) => ban(text)),
    options,
    more,
  );
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  return nginx;
}

describe.skipIf(reason !== undefined)(`what NGINX refuses (${reason ?? 'ready'})`, () => {
  it('is every address of the list in every spelling, and no other', async () => {
    const nginx = await start([
      '45.83.64.1',
      '9.9.9.77/24',
      '45.84.0.0/15',
      '45.85.1.0/24',
      '45.85.1.7',
      '::ffff:45.83.68.5',
      '2A01:4F8:0:0::AB',
      '2a09:1:2:3:4::5/32',
      '2a01:4f8:1::/48',
      '2a01:4f8:1:2::3',
      '223.255.255.255',
    ]);
    const refused = [
      '45.83.64.1',
      '9.9.9.0',
      '9.9.9.1',
      '9.9.9.77',
      '9.9.9.255',
      '45.84.0.0',
      '45.85.255.255',
      '45.85.1.7',
      '45.85.1.8',
      '45.83.68.5',
      '::ffff:45.83.68.5',
      '::ffff:9.9.9.9',
      '2a01:4f8::ab',
      '2a01:04f8:0000:0000:0000:0000:0000:00ab',
      '2a09:1::',
      '2a09:1:ffff:ffff:ffff:ffff:ffff:ffff',
      '2a01:4f8:1::',
      '2a01:4f8:1:2::3',
      '2a01:4f8:1:ffff:ffff:ffff:ffff:ffff',
      '223.255.255.255',
    ];
    const served = [
      '45.83.64.0',
      '45.83.64.2',
      '9.9.8.255',
      '9.9.10.0',
      '45.83.255.255',
      '45.86.0.0',
      '0.0.0.1',
      '255.255.255.255',
      '::ffff:45.83.68.6',
      '::45.83.64.1',
      '2a01:4f8::aa',
      '2a01:4f8::ac',
      '2a09::ffff:ffff:ffff:ffff:ffff:ffff',
      '2a09:2::',
      '2a01:4f8:0:ffff:ffff:ffff:ffff:ffff',
      '2a01:4f8:2::',
      '::1',
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ];
    const answers = await Promise.all([...refused, ...served].map(async (from) => [from, await nginx.status(from)]));
    expect(answers).toEqual([...refused.map((from) => [from, 403]), ...served.map((from) => [from, 200])]);
    expect((await nginx.ask({ viaSocket: true })).status).toBe(200);
    expect(nginx.errors).not.toContain('[error]');
  });

  it('reaches through rewrites, try_files, index, named locations and error pages', async () => {
    const nginx = await start(['45.83.64.1'], {
      server: `
        error_page 403 /page.html;
        location = /rewrite { rewrite ^ /page.html last; }
        location = /break { rewrite ^ /page.html break; }
        location = /try { try_files /none /page.html; }
        location = /named { try_files /none @named; }
        location @named { rewrite ^ /page.html break; }
        location = /index/ { index /page.html; }
        location = /error { error_page 404 = @named; try_files /none =404; }`,
    });
    for (const path of ['/page.html', '/rewrite', '/break', '/try', '/named', '/index/', '/error', '/none']) {
      const { status, body } = await nginx.ask({ from: '45.83.64.1', path });
      expect([path, status, body.includes('Access refused')]).toEqual([path, 403, true]);
      expect([path, await nginx.status('45.83.64.2', path)]).toEqual([path, path === '/none' ? 404 : 200]);
    }
  });

  it('gets a small page that nobody stores, JSON when it asks for JSON, and no body with HEAD', async () => {
    const nginx = await start(['45.83.64.1']);
    const page = await nginx.ask({ from: '45.83.64.1', headers: { Accept: 'text/html,application/json;q=0.5,*/*' } });
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    expect(page.body.length).toBeLessThan(1024);
    expect(page.body).not.toMatch(/src=|href=|url\(/);
    const json = await nginx.ask({ from: '45.83.64.1', headers: { Accept: 'application/json' } });
    expect([json.status, json.headers['content-type'], JSON.parse(json.body)]).toEqual([
      403,
      'application/json',
      { error: 'blocked', status: 403, request_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string },
    ]);
    const head = await nginx.ask({ from: '45.83.64.1', method: 'HEAD' });
    expect([head.status, head.body]).toEqual([403, '']);
    const post = await nginx.ask({ from: '45.83.64.1', method: 'POST', body: 'x'.repeat(100_000) });
    expect(post.status).toBe(403);
  });

  it('has the status and page of the settings, whatever bytes the page holds', async () => {
    const bytes = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256)).toString('latin1');
    const banPage = Buffer.from(`"]]\\0${bytes}0\n`, 'latin1');
    const nginx = await start(['45.83.64.1'], {}, { banStatus: 429, banPage });
    const { status, headers } = await nginx.ask({ from: '45.83.64.1' });
    expect([status, headers['content-length']]).toEqual([429, String(banPage.length)]);
    const silent = await start(['45.83.64.1'], {}, { banStatus: 444 });
    await expect(silent.ask({ from: '45.83.64.1' })).rejects.toThrow('socket hang up');
  });

  it('can be switched off and on by the variables of the official bouncer', async () => {
    const nginx = await start(['45.83.64.1'], {
      server: `
        location = /off { set $crowdsec_disable_bouncer 1; try_files /page.html =404; }
        location = /zero { set $crowdsec_disable_bouncer 0; try_files /page.html =404; }
        location = /on { set $crowdsec_enable_bouncer 1; try_files /page.html =404; }`,
    });
    const answers = ['/off', '/zero', '/on'].map((path) => nginx.status('45.83.64.1', path));
    expect(await Promise.all(answers)).toEqual([200, 403, 403]);
  });

  it('includes single servers and locations by crowdsec-server.conf, and leaves out by crowdsec-off.conf', async () => {
    const { nginx } = await protectedNginx([ban('45.83.64.1')]);
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    await nginx.stop();
    await nginx.configure({
      server: `
        location = /in { include ${nginx.output}/crowdsec-server.conf; try_files /page.html =404; }
        location = /out { include ${nginx.output}/crowdsec-server.conf; include ${nginx.output}/crowdsec-off.conf; try_files /page.html =404; }`,
    });
    await nginx.start();
    const answers = ['/in', '/out', '/page.html'].map((path) => nginx.status('45.83.64.1', path));
    expect(await Promise.all(answers)).toEqual([403, 200, 200]);
  });

  it('covers an access_by_lua of somebody else that begins with our line', async () => {
    const { nginx } = await protectedNginx([ban('45.83.64.1')]);
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const own = (first: string) => `access_by_lua_block { ${first} ngx.header.own = "1" } try_files /page.html =404;`;
    await nginx.stop();
    await nginx.configure({
      http: `include ${nginx.output}/crowdsec.conf;`,
      server: `location = /with { ${own(callLine(nginx.output))} } location = /without { ${own('')} }`,
    });
    await nginx.start();
    for (let round = 0; round < 2; round += 1) {
      expect(await nginx.status('45.83.64.1', '/with')).toBe(403);
      const { status, headers } = await nginx.ask({ from: '45.83.64.2', path: '/with' });
      expect([status, headers['own']]).toEqual([200, '1']);
    }
    expect(await nginx.status('45.83.64.1', '/without')).toBe(200);
    expect(nginx.errors).not.toContain('[error]');
  });

  it('lives beside whatever else a configuration has', async () => {
    const nginx = await start(['45.83.64.1'], {
      http: `
        init_by_lua_block { x = 1 }
        init_worker_by_lua_block { y = 1 }
        lua_package_path "/usr/share/lua/5.1/?.lua;;";
        lua_shared_dict other 64k;
        lua_ssl_verify_depth 2;
        resolver 127.0.0.1;
        map $uri $crowdsec { default 0; }`,
      server: 'rewrite_by_lua_block { z = 1 } header_filter_by_lua_block { ngx.header.X = 1 }',
    });
    expect(nginx.test()).toBeUndefined();
    expect([await nginx.status('45.83.64.1'), await nginx.status('45.83.64.2')]).toEqual([403, 200]);
  });
});
