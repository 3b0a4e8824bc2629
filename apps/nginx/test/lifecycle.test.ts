import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nginxMissing } from './debian-nginx.ts';
import { ban, hold, luaTarget, protectedNginx } from './fixture.ts';
import type { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();
const bad = '45.83.64.1';
const other = '45.83.64.2';

async function start(...args: Parameters<typeof protectedNginx>) {
  const running = await protectedNginx(...args);
  onTestFinished(() => running.nginx[Symbol.asyncDispose]());
  return running;
}

const listOf = (nginx: RealNginx) => path.join(nginx.output, 'decisions.bin');

/** As a connector would: whole, by rename. */
function replace(nginx: RealNginx, bytes: Uint8Array): void {
  writeFileSync(`${listOf(nginx)}.new`, bytes);
  renameSync(`${listOf(nginx)}.new`, listOf(nginx));
}

/** How often the error log has said it. */
const said = (nginx: RealNginx, text: string) => nginx.errors.split(text).length - 1;

describe.skipIf(reason !== undefined)(`a list that changes (${reason ?? 'ready'})`, () => {
  it('reaches all four workers without a reload, for bans and for unbans', async () => {
    const { nginx, target } = await start([], { workers: 4 });
    const { workers } = nginx;
    for (const address of [bad, '2a01:4f8::1']) {
      await nginx.everyWorker(address, 200);
      await hold(target, [ban(address)]);
      await nginx.everyWorker(address, 403);
      await hold(target, []);
      await nginx.everyWorker(address, 200);
    }
    expect(nginx.workers).toEqual(workers);
  });

  it('stays in force while the file is damaged, cut off, foreign, of another version or gone, and says so once', async () => {
    const { nginx, target } = await start([ban(bad)]);
    await nginx.everyWorker(bad, 403);
    // A file with the header of the list in memory is not read again: damage has to be done to another one.
    await hold(luaTarget(path.join(nginx.folder, 'next')), [ban(other)]);
    const good = readFileSync(path.join(nginx.folder, 'next/decisions.bin'));
    const changed = (at: number) => {
      const bytes = Buffer.from(good);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    const faults: [Uint8Array | undefined, string][] = [
      [changed(70), 'its checksum is wrong'],
      [changed(20), 'its header is damaged'],
      [good.subarray(0, 70), 'it is cut off'],
      [good.subarray(0, 10), 'it is cut off'],
      [Buffer.alloc(0), 'it is cut off'],
      [Buffer.from('<html>'.repeat(100)), 'it is no decisions file'],
      [undefined, 'No such file or directory'],
    ];
    for (const [bytes, fault] of faults) {
      const before = said(nginx, fault);
      if (bytes) replace(nginx, bytes);
      else rmSync(listOf(nginx));
      if (bytes?.length !== 10 && bytes?.length !== 0) await until(fault, () => said(nginx, fault) > before);
      expect([fault, await nginx.status(bad), await nginx.status(other)]).toEqual([fault, 403, 200]);
    }
    expect(said(nginx, 'No such file or directory')).toBe(1);
    await hold(target, [ban(other)]);
    await nginx.everyWorker(other, 403);
    await nginx.everyWorker(bad, 200);
  });

  it('lapses entry by entry when nobody writes any more', async () => {
    const lasting = [ban(bad), ban(other), ban('2a01:4f8::1'), ban('45.84.0.0/16'), ban('45.84.1.1', 900)];
    const { nginx, target } = await start(lasting);
    for (const address of [bad, '2a01:4f8::1', '45.84.2.2']) await nginx.everyWorker(address, 403);
    await hold(target, [ban(bad, 2), ban(other), ban('2a01:4f8::1', 2), ban('45.84.0.0/16', 2), ban('45.84.1.1', 900)]);
    await nginx.everyWorker(bad, 200);
    await nginx.everyWorker('2a01:4f8::1', 200);
    await nginx.everyWorker('45.84.2.2', 200);
    expect([await nginx.status(other), await nginx.status('45.84.1.1')]).toEqual([403, 403]);
  });
});

describe.skipIf(reason !== undefined)(`a start of NGINX (${reason ?? 'ready'})`, () => {
  it('leaves no request unprotected, be it a reload, a restart or the first one', async () => {
    const { nginx } = await start([ban(bad)], { workers: 4 });
    expect(await nginx.status(bad)).toBe(403);
    for (const again of ['reload', 'restart']) {
      if (again === 'reload') await nginx.reload();
      else {
        await nginx.stop();
        await nginx.start();
      }
      const answers = await Promise.all(Array.from({ length: 40 }, () => nginx.status(bad)));
      expect([again, new Set(answers)]).toEqual([again, new Set([403])]);
    }
  });

  it.each([
    ['open', 200],
    ['closed', 503],
  ] as const)('without a file is %s, until the file comes', async (onMissing, status) => {
    const { nginx, target } = await start([ban(bad)], {}, { onMissing });
    await nginx.stop();
    rmSync(listOf(nginx));
    await nginx.start();
    expect(await nginx.status(bad)).toBe(status);
    expect(await nginx.status(other)).toBe(status);
    await hold(target, [ban(bad)]);
    await nginx.everyWorker(bad, 403);
    await nginx.everyWorker(other, 200);
  });

  it('takes a damaged file for a missing one', async () => {
    const { nginx } = await start([ban(bad)], {}, { onMissing: 'closed' });
    await nginx.stop();
    writeFileSync(listOf(nginx), readFileSync(listOf(nginx)).subarray(0, -1).fill(7, 64, 65));
    await nginx.start();
    expect(await nginx.status(other)).toBe(503);
    expect(nginx.errors).toMatch(/its checksum is wrong; all is refused/);
  });

  it('keeps two lists apart in one NGINX', async () => {
    const { nginx } = await start([ban(bad)]);
    const second = path.join(nginx.folder, 'second');
    await hold(luaTarget(second), [ban(other)]);
    await nginx.stop();
    await nginx.configure({
      http: `include ${nginx.output}/crowdsec.conf;`,
      server: `location = /second { include ${second}/crowdsec-server.conf; try_files /page.html =404; }`,
    });
    await nginx.start();
    const asked = [bad, other].flatMap((from) => ['/page.html', '/second'].map((page) => nginx.status(from, page)));
    expect(await Promise.all(asked)).toEqual([403, 200, 200, 403]);
  });

  it('is told by nginx -t when the file is included twice', async () => {
    const { nginx } = await start([]);
    await nginx.configure({ http: `include ${nginx.output}/crowdsec.conf;\ninclude ${nginx.output}/crowdsec.conf;` });
    expect(nginx.test()).toMatch(/"access_by_lua_no_postpone" directive is duplicate in .*crowdsec.conf/);
  });
});

it.skipIf(reason !== undefined)(`a copied list is as good as a written one (${reason ?? 'ready'})`, async () => {
  const { nginx } = await start([ban(bad)]);
  expect(await nginx.status(bad)).toBe(403);
  copyFileSync(listOf(nginx), `${listOf(nginx)}.copy`);
  renameSync(`${listOf(nginx)}.copy`, listOf(nginx));
  expect(await nginx.status(bad)).toBe(403);
  expect(nginx.errors).not.toContain('[error]');
});
