import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ListenLimits } from '@bouncer/connector';
import { selfSigned, slowClientSuite } from '@bouncer/sandbox';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { ListServer, type ListServerOptions } from '../src/serve/list-server.ts';

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
  return { place: { host: '127.0.0.1', port: Number(new URL(server.url).port) }, isTls: options.tls !== undefined };
}

const asked = { path: '/a.txt', status: 200, isLarge: true };
slowClientSuite({ name: 'the list by HTTP', ...asked, open: (limits: Partial<ListenLimits>) => serve({ limits }) });
slowClientSuite({ name: 'the list by HTTPS', ...asked, open: (limits) => serve({ limits, tls }) });
