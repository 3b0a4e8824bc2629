import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readStatus } from '../src/status/read-status.ts';
import { nginxMissing } from './debian-nginx.ts';
import { ban, hold, luaTarget, protectedNginx } from './fixture.ts';
import { RealNginx } from './real-nginx.ts';
import type { NginxOptions } from './real-nginx.ts';

const reason = await nginxMissing();
const signal = new AbortController().signal;
const bad = '45.83.64.1';
const clean = '45.83.64.2';

async function start(where: 'crowdsec.conf' | 'crowdsec-server.conf', server: string, options: NginxOptions = {}) {
  const nginx = new RealNginx();
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  await hold(luaTarget(nginx.output), [ban(bad)]);
  const include = `include ${nginx.output}/${where};`;
  await nginx.configure({
    ...options,
    http: `${options.http ?? ''}\n${where === 'crowdsec.conf' ? include : ''}`,
    server: server.replaceAll('INCLUDE', where === 'crowdsec.conf' ? '' : include),
  });
  await nginx.start();
  return nginx;
}

describe.skipIf(reason !== undefined)(`an attacker (${reason ?? 'ready'})`, () => {
  it.each(['crowdsec.conf', 'crowdsec-server.conf'] as const)(
    'writes no line of the log for each request (%s)',
    async (where) => {
      const nginx = await start(
        where,
        `INCLUDE
      location = /off { set $crowdsec_disable_bouncer 1; try_files /page.html =404; }`,
      );
      const length = async () => {
        for (let round = 0; round < 20; round += 1) expect(await nginx.status(bad)).toBe(403);
        return nginx.errors.split('\n').filter((line) => !/\[(notice|info)\]/.test(line)).length;
      };
      const before = await length();
      expect(await length()).toBe(before);
      expect(nginx.errors).not.toContain('uninitialized');
      expect(await nginx.status(bad, '/off')).toBe(200);
    },
  );
});

it.skipIf(reason !== undefined)(
  `a request is counted once, whatever it is led through (${reason ?? 'ready'})`,
  async () => {
    const spare = new RealNginx();
    onTestFinished(() => spare[Symbol.asyncDispose]());
    await spare.configure({});
    const statusUrl = `http://127.0.0.1:${spare.port}`;
    const { nginx } = await protectedNginx(
      [ban(bad)],
      {
        server: `
      location = /rewrite { rewrite ^ /page.html last; }
      location = /try { try_files /none /page.html; }
      location = /index/ { index /page.html; }
      error_page 404 /page.html;`,
      },
      { statusUrl },
    );
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const paths = ['/rewrite', '/try', '/index/', '/none', '/page.html'];
    // Requests of one client that begin in the same millisecond may count as one: these do not.
    const next = async (): Promise<void> => {
      const now = Date.now();
      await until('the next millisecond', () => Date.now() > now + 1);
    };
    for (const from of [clean, '2a01:4f8::2']) {
      for (const path of paths) {
        await next();
        await nginx.status(from, path);
      }
    }
    for (const path of paths) expect(await nginx.status(bad, path)).toBe(403);
    await nginx.status('192.0.2.9');
    const counted = async () =>
      (await readStatus(statusUrl, signal)).counters.map((one) => [one.family, one.processed ?? one.requests]);
    // A request is counted after its answer, and each family for itself.
    await until(
      'all are counted',
      async () => (await counted()).reduce((sum, [, count]) => sum + Number(count), 0) >= 11 + 5 + 5,
    );
    expect((await counted()).sort()).toEqual(
      [
        [4, 11],
        [4, 5],
        [6, 5],
      ].sort(),
    );
  },
);

describe.skipIf(reason !== undefined || process.getuid?.() !== 0)(
  `a folder that NGINX may not read (${reason ?? 'needs root'})`,
  () => {
    it.each([
      ['open', 200],
      ['closed', 503],
    ] as const)('is no list: %s', async (onMissing, status) => {
      const nginx = new RealNginx();
      onTestFinished(() => nginx[Symbol.asyncDispose]());
      const folder = path.join(nginx.folder, 'shut/output');
      mkdirSync(folder, { recursive: true });
      await hold(luaTarget(folder, { onMissing }), [ban(bad)]);
      chmodSync(path.dirname(folder), 0o700);
      await nginx.configure({ http: `include ${folder}/crowdsec.conf;` });
      await nginx.start();
      for (let round = 0; round < 5; round += 1) expect(await nginx.status(clean)).toBe(status);
      expect(nginx.errors.match(/crowdsec is not in force: .*Permission denied/g)).toHaveLength(1);
      chmodSync(path.dirname(folder), 0o755);
      expect([await nginx.status(bad), await nginx.status(clean)]).toEqual([403, 200]);
    });
  },
);

it.skipIf(reason !== undefined)(
  `lua_code_cache off neither leaks nor leaves a gap (${reason ?? 'ready'})`,
  async () => {
    const { readFileSync } = await import('node:fs');
    const nginx = await start('crowdsec.conf', '', { http: 'lua_code_cache off;' });
    const rss = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${nginx.workers[0] ?? 0}/status`, 'utf8'))?.[1]) / 1024;
    for (let round = 0; round < 30; round += 1) await nginx.status(bad);
    const before = rss();
    for (let round = 0; round < 300; round += 1) expect(await nginx.status(bad)).toBe(403);
    expect(rss() - before).toBeLessThan(15);
    expect(await nginx.status(clean)).toBe(200);
  },
);
