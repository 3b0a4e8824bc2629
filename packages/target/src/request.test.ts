import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { request } from './request.ts';

const servers: ReturnType<typeof createServer>[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const limits = { timeoutMs: 60_000, maxLength: 100 };

it('gives what is answered, whatever the status, and follows no redirect', async () => {
  const url = await serve((_, response) => response.writeHead(302, { location: '/elsewhere' }).end('there'));
  expect(await request(url, limits)).toEqual({ status: 302, body: 'there' });
});

it('sends a form', async () => {
  const url = await serve((asked, response) => {
    response.writeHead(200);
    asked.on('data', (part: Buffer) =>
      response.write(`${asked.method} ${asked.headers['content-type']} ${part.toString()}`),
    );
    asked.on('end', () => response.end());
  });
  const { body } = await request(url, { ...limits, form: 'a=1' });
  expect(body).toBe('POST application/x-www-form-urlencoded a=1');
});

it('gives up an answer that is too long, and one that never ends', async () => {
  const long = await serve((_, response) => response.end('x'.repeat(101)));
  await expect(request(long, limits)).rejects.toThrow('the answer is too long');
  const endless = await serve((_, response) => response.writeHead(200).write('x'));
  await expect(request(endless, { ...limits, timeoutMs: 50 })).rejects.toThrow('no answer within 0.05 s');
});

it('ends with its signal', async () => {
  const stop = new AbortController();
  const url = await serve(() => {
    stop.abort();
  });
  await expect(request(url, { ...limits, signal: stop.signal })).rejects.toThrow('aborted');
});
