import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { answerTo } from './answer-to.ts';

it('an answer stands, though its server has hung up on the rest of the body', async () => {
  const server = createServer((_, response) => {
    response.writeHead(403, { connection: 'close' }).end('no', () => response.socket?.destroy());
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const call = request({ host: '127.0.0.1', port, method: 'POST', agent: false }).end(Buffer.alloc(12_000_000));
  const closed = new Promise((resolve) => call.on('close', resolve));
  expect((await answerTo(call)).resume().statusCode).toBe(403);
  // An error that nobody listens for ends the run of the tests, whatever they say.
  await closed;
});

it('no answer is an error', async () => {
  const server = createServer((_, response) => response.destroy()).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(answerTo(request({ host: '127.0.0.1', port, agent: false }).end())).rejects.toThrow('socket hang up');
});
