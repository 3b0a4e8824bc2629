import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { connect as tlsConnect, createServer as createTlsServer } from 'node:tls';
import { createCertificateAuthority, freePort, until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noTraefik, TraefikLab } from './traefik-lab.ts';

const banned = '203.0.113.7';
const clean = '198.51.100.1';

/** What a client at an address hears from a service behind Traefik; empty when it is cut off. */
async function heard(port: number, from: string, hasTls: boolean): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`PROXY ${from.includes(':') ? `TCP6 ${from} 2001:db8:ffff::1` : `TCP4 ${from} 192.0.2.1`} 40000 80\r\n`);
  const client = hasTls ? tlsConnect({ socket, rejectUnauthorized: false, servername: 'a.example' }) : socket;
  let text = '';
  client.on('data', (part: Buffer) => (text += part.toString())).on('error', () => undefined);
  if (!hasTls) client.write('hello\n');
  // Before it has its routers, Traefik waits for a request.
  socket.setTimeout(3000, () => socket.destroy());
  // Not `once`: an error is no failure here, but one more way to be cut off.
  await new Promise((resolve) => client.on('close', resolve));
  return text;
}

describe.skipIf(noTraefik !== undefined)(`TCP in a real Traefik, native (${noTraefik ?? 'ready'})`, () => {
  it('cuts off who is banned, with TLS and without, and lets everybody else through to the services', async () => {
    const authority = await createCertificateAuthority();
    const plain = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end('plain')));
    const secure = createTlsServer(await authority.server({ names: ['a.example'] }), (socket) =>
      socket.on('error', () => undefined).end('secure'),
    );
    for (const server of [plain, secure]) await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      plain.close();
      secure.close();
    });
    const env = { TRAEFIK_MODE: 'native', TRAEFIK_ENTRY_POINTS: 'web', TRAEFIK_TCP_ENTRY_POINTS: 'db' };
    await using lab = await TraefikLab.create(env);
    for (const value of [banned, '2001:DB8:0:0::/64']) lab.lapi.decisions.add({ value, duration: 3600 });
    const connector = lab.start();
    await until('the first decisions', () => connector.stdout.includes('written to the device'));
    const to = (server: typeof plain) => ({
      loadBalancer: { servers: [{ address: `127.0.0.1:${(server.address() as AddressInfo).port}` }] },
    });
    const router = { entryPoints: ['db'], rule: 'HostSNI(`*`)' };
    const routers = {
      plain: { ...router, service: 'plain' },
      secure: { ...router, service: 'secure', tls: { passthrough: true } },
    };
    const services = { plain: to(plain), secure: to(secure) };
    writeFileSync(path.join(lab.output, 'tcp.yml'), JSON.stringify({ tcp: { routers, services } }));
    lab.route([]);
    const port = await freePort();
    await lab.startTraefik([
      `--entryPoints.db.address=127.0.0.1:${port}`,
      '--entryPoints.db.proxyProtocol.trustedIPs=127.0.0.1/32',
    ]);
    const seen = async (from: string): Promise<string> =>
      `${await heard(port, from, false)} ${await heard(port, from, true)}`;
    await until('the services', async () => (await seen(clean)) === 'plain secure');
    expect(await seen(banned)).toBe(' ');
    expect(await seen('2001:db8::ffff')).toBe(' ');
    // HTTP goes on as before: a refusal of its own, on its own entry point.
    expect([await lab.ask({ from: banned }), await lab.ask({ from: clean })]).toEqual([403, 200]);
    lab.lapi.decisions.delete(banned);
    await until('the unban', async () => (await seen(banned)) === 'plain secure');
  });
});
