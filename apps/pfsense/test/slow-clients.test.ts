import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { once } from 'node:events';
import { get } from 'node:https';
import { connect } from 'node:net';
import path from 'node:path';
import type { ListenLimits } from '@bouncer/target';
import { selfSigned } from '@bouncer/sandbox';
import { slowClientSuite } from '@bouncer/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ListServer } from '../src/serve/list-server.ts';
import type { ListServerOptions } from '../src/serve/list-server.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'slow-'));
const tls = { certFile: path.join(folder, 'cert.pem'), keyFile: path.join(folder, 'key.pem') };
beforeAll(async () => {
  const { cert, key } = await selfSigned();
  writeFileSync(tls.certFile, cert);
  writeFileSync(tls.keyFile, key);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});
/** More than a sender and a receiver keep between them, 4 and 6 MB at most. */
const list = Buffer.alloc(16_000_000, '198.51.100.7\n');

async function serve(options: Partial<ListServerOptions>) {
  const server = new ListServer({ listen: '127.0.0.1:0', alias: 'a', user: 'u', ...options });
  onTestFinished(() => server.close());
  await server.open();
  server.publish(list);
  return {
    server,
    place: { host: '127.0.0.1', port: Number(new URL(server.url).port) },
    isTls: options.tls !== undefined,
  };
}

const asked = { path: '/a.txt', status: 200, isLarge: true };
slowClientSuite({ name: 'the list by HTTP', ...asked, open: (limits: Partial<ListenLimits>) => serve({ limits }) });
slowClientSuite({ name: 'the list by HTTPS', ...asked, open: (limits) => serve({ limits, tls }) });

it('the list by HTTPS ends at once when it is closed, though somebody never finishes the handshake', async () => {
  const { server, place } = await serve({ tls, limits: { request: 600_000 } });
  const socket = connect(place).on('error', () => undefined);
  await once(socket, 'connect');
  // Another client behind it: by its answer the server has met the first.
  await new Promise((resolve) => get({ ...place, rejectUnauthorized: false, agent: false }, resolve));
  const cut = new Promise((resolve) => socket.resume().on('close', resolve));
  await server.close();
  await cut;
  expect(server.isOpen).toBe(false);
});
