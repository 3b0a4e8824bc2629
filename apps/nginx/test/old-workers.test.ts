import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nginxMissing } from './debian-nginx.ts';
import { ban, hold, protectedNginx } from './fixture.ts';
import type { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();
const bad = '45.83.64.1';
const clean = '45.83.64.2';

/** A connection whose request has begun: its worker must serve it, however many reloads come between. */
async function halfSent(nginx: RealNginx, from: string): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: nginx.port });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  socket.write(`GET /page.html HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Real-IP: ${from}\r\n`);
  return socket;
}

async function finish(socket: Socket): Promise<number> {
  let text = '';
  socket.on('data', (part) => (text += part.toString())).write('\r\n');
  await once(socket, 'close');
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}

/** Sockets that the only worker has open. */
function socketsOf({ workers: [worker = 0] }: RealNginx): number {
  const links = readdirSync(`/proc/${worker}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${worker}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link.startsWith('socket:')).length;
}

/** Requests look at most once in a second of NGINX's clock. */
async function anotherSecond(): Promise<void> {
  const end = Date.now() + 2100;
  await until('another second', () => Date.now() > end, 30);
}

/** A reload that does not wait for the old workers, which still have connections. */
async function reload(nginx: RealNginx): Promise<void> {
  const old = nginx.workers;
  process.kill(nginx.master, 'SIGHUP');
  await until('a new worker is there', () => nginx.workers.some((pid) => !old.includes(pid)));
  await until('the old one shuts down', () => nginx.errors.includes('gracefully shutting down'));
}

describe.skipIf(reason !== undefined)(`a worker that shuts down (${reason ?? 'ready'})`, () => {
  it.each(['open', 'closed'] as const)(
    'has never served a request, and refuses who is banned (%s)',
    async (onMissing) => {
      const { nginx } = await protectedNginx([ban(bad)], {}, { onMissing });
      onTestFinished(() => nginx[Symbol.asyncDispose]());
      const sockets = await Promise.all(Array.from({ length: 40 }, () => halfSent(nginx, bad)));
      const good = await Promise.all([halfSent(nginx, clean), halfSent(nginx, clean)]);
      await until('the worker has them', () => socketsOf(nginx) >= 42);
      await reload(nginx);
      expect(new Set(await Promise.all(sockets.map(finish)))).toEqual(new Set([403]));
      expect(await Promise.all(good.map(finish))).toEqual([200, 200]);
      expect(nginx.errors).not.toContain('process exiting');
    },
  );

  it.each(['used', 'unused'] as const)('takes in a list that comes later (%s before)', async (before) => {
    const { nginx, target } = await protectedNginx([ban('192.0.2.1')]);
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    if (before === 'used') expect(await nginx.status(bad)).toBe(200);
    const sockets = await Promise.all([halfSent(nginx, clean), halfSent(nginx, bad)]);
    await reload(nginx);
    await hold(target, [ban(bad)]);
    // The new worker; the old one takes no more connections, and answers only what was begun with it.
    await until('the new worker has it', async () => (await nginx.status(bad)) === 403);
    await anotherSecond();
    expect(await Promise.all(sockets.map(finish))).toEqual([200, 403]);
  });

  it('has begun without a list, and takes it in once it is there', async () => {
    const { nginx, target } = await protectedNginx([]);
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    await nginx.stop();
    rmSync(path.join(nginx.output, 'decisions.bin'));
    await nginx.start();
    const [first, second] = await Promise.all([halfSent(nginx, bad), halfSent(nginx, bad)]);
    await reload(nginx);
    expect(await finish(first)).toBe(200);
    await hold(target, [ban(bad)]);
    await anotherSecond();
    expect(await finish(second)).toBe(403);
  });
});

it.skipIf(reason !== undefined)(`a worker without timers looks by itself (${reason ?? 'ready'})`, async () => {
  const hog = 'access_by_lua_block { ngx.timer.at(0, function() ngx.sleep(60) end) } try_files /page.html =404;';
  const { nginx, target } = await protectedNginx([ban('192.0.2.1')], {
    http: 'lua_max_running_timers 1;',
    server: `location = /hog { ${hog} }`,
  });
  onTestFinished(() => nginx[Symbol.asyncDispose]());
  expect(await nginx.status(clean, '/hog')).toBe(200);
  expect(await nginx.status(bad)).toBe(200);
  await hold(target, [ban(bad)]);
  await nginx.everyWorker(bad, 403, 15);
});
