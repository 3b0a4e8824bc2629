import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { makeCertificate } from './certificate.ts';

const day = 86_400_000;
const names = ['crowdsec-traefik-bouncer', 'localhost', '127.0.0.1', '2001:db8::1'];

it('is what it says, and its own CA', () => {
  const now = new Date();
  const { cert, key } = makeCertificate(names, now, new Date(now.getTime() + 30 * day));
  const read = new X509Certificate(cert);
  expect(read.ca).toBe(true);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.subjectAltName).toBe(
    'DNS:crowdsec-traefik-bouncer, DNS:localhost, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1',
  );
  for (const name of names.slice(0, 2)) expect(read.checkHost(name)).toBe(name);
  for (const name of names.slice(2)) expect(read.checkIP(name)).toBe(name);
  expect(read.checkHost('other')).toBeUndefined();
  expect(Math.round((read.validToDate.getTime() - now.getTime()) / day)).toBe(30);
  expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  expect(makeCertificate(names, now, now).cert).not.toBe(cert);
});

it('is taken by whoever is told to trust it, and by nobody else', async () => {
  const now = new Date();
  const own = makeCertificate(names, now, new Date(now.getTime() + day));
  const server = createServer(own, (_, response) => response.end('hello')).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (ca: string) => {
    const [response] = (await once(get({ host: '127.0.0.1', port, ca, agent: false }), 'response')) as [
      IncomingMessage,
    ];
    response.resume();
    return response.statusCode;
  };
  expect(await ask(own.cert)).toBe(200);
  const other = makeCertificate(names, now, new Date(now.getTime() + day));
  await expect(ask(other.cert)).rejects.toThrow(/self-signed|unable to verify/);
});
