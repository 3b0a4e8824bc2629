import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../certificates/certificate-authority.ts';
import type { CertifiedKey } from '../certificates/certificate-authority.ts';
import { startRouterOs } from './sandbox.ts';
import type { RouterOsSandbox } from './sandbox.ts';
import { TestClient } from './testing.ts';

let certificate: CertifiedKey;

beforeAll(async () => {
  certificate = await selfSigned();
});

async function dial(router: RouterOsSandbox, options: ConnectionOptions): Promise<TestClient> {
  const socket = connect({ host: router.host, port: router.port, ...options });
  await once(socket, 'secureConnect');
  const client = new TestClient(socket);
  await client.run('/login', '=name=crowdsec', '=password=secret');
  return client;
}

const ANONYMOUS = { ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0', maxVersion: 'TLSv1.2' } as const;

describe('api-ssl', () => {
  it('with a certificate: TLS 1.2 at most', async () => {
    await using router = await startRouterOs({ tls: certificate });
    const socket = connect({ host: router.host, port: router.port, ca: certificate.cert });
    await once(socket, 'secureConnect');
    expect([socket.authorized, socket.getProtocol()]).toEqual([true, 'TLSv1.2']);
    socket.destroy();
    await using client = await dial(router, { ca: certificate.cert });
    expect((await client.run('/certificate/print')).rows).toMatchObject([{ name: 'api' }]);
  });

  it('with a certificate that the client does not know: refused by the client', async () => {
    await using router = await startRouterOs({ tls: certificate });
    await expect(dial(router, {})).rejects.toThrow('self-signed certificate');
  });

  it('without one: only for those who ask for anonymous ciphers', async () => {
    await using router = await startRouterOs({ tls: 'anonymous' });
    await expect(dial(router, { rejectUnauthorized: false })).rejects.toThrow();
    await expect(dial(router, ANONYMOUS)).rejects.toThrow();
    await using client = await dial(router, { ...ANONYMOUS, rejectUnauthorized: false });
    const services = await client.run('/ip/service/print', '?name=api-ssl');
    // The first is the service, the others are its connections.
    expect(services.rows[0]).toMatchObject({ certificate: 'none', disabled: 'false', port: String(router.port) });
  });

  it('is cut and hangs like a plain one', async () => {
    await using router = await startRouterOs({ tls: certificate });
    await using client = await dial(router, { ca: certificate.cert });
    router.kill();
    await client.closed;
    router.hang();
    const stuck = connect({ host: router.host, port: router.port, ca: certificate.cert });
    let shaken = false;
    stuck.once('secureConnect', () => (shaken = true));
    const late = dial(router, { ca: certificate.cert });
    await expect.poll(() => router.connections).toBe(2);
    // Another router gets through a whole login meanwhile, begun later than this one.
    await using other = await startRouterOs({ tls: certificate });
    await using witness = await dial(other, { ca: certificate.cert });
    expect([witness.socket.destroyed, shaken, router.counters.logins]).toEqual([false, false, 1]);
    stuck.destroy();
    router.resume();
    await using next = await late;
    expect((await next.run('/system/identity/print')).rows).toHaveLength(1);
  });
});
