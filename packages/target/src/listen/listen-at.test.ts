import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listenAt } from './listen-at.ts';
import type { ListenOptions } from './listen-at.ts';

const variable = 'TEST_LISTEN';
const hello: RequestListener = (_, response) => response.end('hello');

async function start(more: Partial<ListenOptions> = {}) {
  const listening = await listenAt({ listen: '127.0.0.1:0', variable, handler: hello, ...more });
  onTestFinished(() => listening.close());
  return listening;
}

async function statusOf(where: { host: string; port: number } | { socketPath: string }) {
  const [answer] = (await once(request({ ...where, agent: false }).end(), 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

describe('a server', () => {
  it.each([
    ['127.0.0.1:0', '127.0.0.1'],
    ['[::1]:0', '::1'],
    [':0', '127.0.0.1'],
  ])('listens at %s', async (listen, near) => {
    const { host, port } = await start({ listen });
    expect(await statusOf({ host: near, port })).toBe(200);
    if (listen !== ':0') expect(host).toBe(near);
  });

  it('listens at a path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'listen-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const socketPath = join(folder, 'sock');
    expect(await start({ listen: socketPath })).toMatchObject({ host: socketPath, port: 0 });
    expect(await statusOf({ socketPath })).toBe(200);
  });

  it('says whose port is taken, and what to do', async () => {
    const { port } = await start();
    const taken = start({ listen: `127.0.0.1:${port}` });
    await expect(taken).rejects.toMatchObject({
      message: expect.stringMatching(/^TEST_LISTEN: .*EADDRINUSE/) as string,
      hint: expect.stringContaining('TEST_LISTEN') as string,
    });
  });

  it('ends at once when it is aborted, whoever is in the middle of a request', async () => {
    const stop = new AbortController();
    let came: () => void = () => undefined;
    const isHere = new Promise<void>((resolve) => (came = resolve));
    const handler: RequestListener = () => {
      came();
    };
    const { port } = await start({ signal: stop.signal, handler });
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await isHere;
    const closed = new Promise((resolve) => socket.on('close', resolve));
    stop.abort();
    await closed;
    await expect(statusOf({ host: '127.0.0.1', port })).rejects.toThrow('ECONNREFUSED');
  });

  it('goes on after trouble with its socket, and tells of it', async () => {
    const told: string[] = [];
    let server: Server | undefined;
    const handler: RequestListener = ({ socket }, response) => {
      ({ server } = socket as Socket & { server: Server });
      response.end();
    };
    const { host, port } = await start({ handler, onTrouble: ({ message }) => told.push(message) });
    await statusOf({ host, port });
    // As Node tells of an accept() that failed for want of memory or descriptors.
    server?.emit('error', new Error('accept ENFILE'));
    expect([await statusOf({ host, port }), told]).toEqual([200, ['accept ENFILE']]);
  });
});
