import { rmSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nginxMissing } from './debian-nginx.ts';
import { ban, hold, luaTarget } from './fixture.ts';
import { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();
const bad = '45.83.64.1';
const clean = '45.83.64.2';

async function start(server: string, more = {}) {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  await hold(luaTarget(nginx.output, more), [ban(bad), ban('2a01:4f8::1')]);
  await nginx.configure({
    http: `include ${nginx.output}/crowdsec.conf;`,
    server: `include ${nginx.output}/crowdsec-return.conf;\n${server}`.replaceAll('OUTPUT', nginx.output),
  });
  await nginx.start();
  return nginx;
}

describe.skipIf(reason !== undefined)(`crowdsec-return.conf (${reason ?? 'ready'})`, () => {
  it('stops who is banned where NGINX answers by itself, from the first request on', async () => {
    const nginx = await start(`
      error_page 503 @maintenance;
      location = /health { return 200 "fine"; }
      location = /nothing { return 204; }
      location = /moved { return 301 https://example.org$request_uri; }
      location = /away { rewrite ^ https://example.org/ permanent; }
      location = /closed { return 503; }
      location @maintenance { return 503 "come back later"; }`);
    for (const from of [bad, '::ffff:45.83.64.1', '2a01:4f8::1']) {
      for (const path of ['/health', '/nothing', '/moved', '/away', '/closed', '/page.html', '/none']) {
        const { status, headers, body } = await nginx.ask({ from, path });
        expect([path, status, headers['location']]).toEqual([path, 403, undefined]);
        expect([path, body.includes('Access refused')]).toEqual([path, true]);
        expect(Number(headers['content-length'])).toBe(body.length);
      }
    }
    const head = await nginx.ask({ from: bad, path: '/moved', method: 'HEAD' });
    expect([head.status, head.body, head.headers['location']]).toEqual([403, '', undefined]);
    const json = await nginx.ask({ from: bad, path: '/health', headers: { Accept: 'application/json' } });
    expect([json.status, json.body]).toEqual([
      403,
      expect.stringMatching(/^\{"error":"blocked","status":403,"request_id":"[0-9a-f]{32}"\}$/),
    ]);
    const answers = ['/health', '/nothing', '/moved', '/away', '/closed', '/page.html', '/none'].map((path) =>
      nginx.ask({ from: clean, path }),
    );
    expect((await Promise.all(answers)).map(({ status, body }) => [status, body.slice(0, 15).trim()])).toEqual([
      [200, 'fine'],
      [204, ''],
      [301, expect.any(String)],
      [301, expect.any(String)],
      [503, 'come back later'],
      [200, 'hello'],
      [404, expect.any(String)],
    ]);
    expect(nginx.errors).not.toMatch(/\[warn\]|runtime error|failed to run/);
  });

  it('covers a server that only redirects', async () => {
    const nginx = await start('return 301 https://example.org$request_uri;');
    expect(await nginx.status(bad, '/a')).toBe(403);
    const { status, headers } = await nginx.ask({ from: clean, path: '/a' });
    expect([status, headers['location']]).toEqual([301, 'https://example.org/a']);
  });

  it('goes on serving a location that is left out', async () => {
    const nginx = await start(`
      location /.well-known/acme-challenge/ { include OUTPUT/crowdsec-off.conf; alias html/; }
      location = /health { include OUTPUT/crowdsec-off.conf; return 200 "fine"; }
      location / { return 301 https://example.org$request_uri; }`);
    expect(await nginx.status(bad, '/.well-known/acme-challenge/page.html')).toBe(200);
    expect(await nginx.status(bad, '/health')).toBe(200);
    expect(await nginx.status(bad, '/')).toBe(403);
    expect(await nginx.status(clean, '/')).toBe(301);
  });

  it('is closed without a list where that is asked for', async () => {
    const nginx = new RealNginx();
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const target = luaTarget(nginx.output, { onMissing: 'closed' });
    await hold(target, []);
    rmSync(`${nginx.output}/decisions.bin`);
    await nginx.configure({
      http: `include ${nginx.output}/crowdsec.conf;`,
      server: `include ${nginx.output}/crowdsec-return.conf; return 301 https://example.org/;`,
    });
    await nginx.start();
    expect(await nginx.status(clean, '/')).toBe(503);
  });
});
