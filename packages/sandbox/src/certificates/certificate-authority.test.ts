import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { beforeAll, describe, expect, it } from 'vitest';
import { startLapi } from '../lapi/start-lapi.ts';
import type { LapiSandbox } from '../lapi/start-lapi.ts';
import { createCertificateAuthority, fingerprintOf, selfSigned } from './certificate-authority.ts';
import type { CertificateAuthority } from './certificate-authority.ts';

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await createCertificateAuthority();
});

describe('certificates', () => {
  it('are signed by the CA and name their host', async () => {
    const { cert } = await authority.server({ names: ['crowdsec.protected.lan', '127.0.0.1', '::1'] });
    const server = new X509Certificate(cert);
    expect(server.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
    expect(server.checkHost('crowdsec.protected.lan')).toBe('crowdsec.protected.lan');
    expect(server.checkIP('::1')).toBe('::1');
    expect(server.checkHost('elsewhere.lan')).toBeUndefined();
    expect(fingerprintOf(cert)).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  it('can be expired, and can be their own issuer', async () => {
    const { cert } = await authority.server({ days: -1 });
    expect(Date.parse(new X509Certificate(cert).validTo)).toBeLessThan(Date.now());
    const own = new X509Certificate((await selfSigned()).cert);
    expect(own.verify(own.publicKey)).toBe(true);
  });
});

describe('the stand-in over TLS', () => {
  async function secureLapi(): Promise<LapiSandbox> {
    const tls = { ...(await authority.server()), clientCa: authority.cert, allowedOu: ['bouncer-ou'] };
    return startLapi({ tls });
  }

  function status(lapi: LapiSandbox, identity: object, key?: string): Promise<number | string> {
    return new Promise((resolve) => {
      const asked = request(
        `${lapi.url}/v1/decisions/stream`,
        {
          agent: new Agent({ ca: authority.cert, ...identity }),
          headers: key === undefined ? {} : { 'x-api-key': key },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      asked.on('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? error.message);
      });
      asked.end();
    });
  }

  it('lets in by key, or by certificate of the right unit; a wrong unit spoils a right key', async () => {
    await using lapi = await secureLapi();
    expect(await status(lapi, {}, lapi.key)).toBe(200);
    expect(await status(lapi, {})).toBe(403);
    const good = await authority.client({ commonName: 'mikrotik01', unit: 'bouncer-ou' });
    expect(await status(lapi, good)).toBe(200);
    expect(lapi.bouncers.list().at(-1)?.name).toBe('mikrotik01@127.0.0.1');
    const wrong = await authority.client({ commonName: 'agent01', unit: 'agent-ou' });
    expect(await status(lapi, wrong, lapi.key)).toBe(403);
  });

  it('ends the handshake of a certificate from elsewhere, and is not trusted without its CA', async () => {
    await using lapi = await secureLapi();
    const stranger = await (
      await createCertificateAuthority('Stranger')
    ).client({ commonName: 'x', unit: 'bouncer-ou' });
    expect(await status(lapi, stranger, lapi.key)).toBe('ECONNRESET');
    expect(await status(lapi, { ca: undefined }, lapi.key)).toBe('SELF_SIGNED_CERT_IN_CHAIN');
  });

  it('tells a client that speaks plain HTTP what Go tells it', async () => {
    await using lapi = await secureLapi();
    const plain = await fetch(lapi.url.replace('https', 'http'));
    expect(plain.status).toBe(400);
    expect(await plain.text()).toBe('Client sent an HTTP request to an HTTPS server.\n');
  });
});
