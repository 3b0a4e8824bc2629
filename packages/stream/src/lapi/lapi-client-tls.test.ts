import { copyFileSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { answer, serve } from '../../test/loopback-server.ts';
import { BouncerError, ConfigError } from './errors.ts';
import { createLapiClient } from './create-lapi-client.ts';
import type { LapiOptions } from './create-lapi-client.ts';

const fixture = (name: string) => join(import.meta.dirname, '../../test/fixtures', name);
const pem = (name: string) => readFileSync(fixture(name), 'utf8');
const server = { cert: pem('server.pem'), key: pem('server.key.pem') };

/** The outcome of one pull: `ok`, or the error. */
async function pull(port: number, options: Partial<LapiOptions> = {}): Promise<BouncerError | 'ok'> {
  const client = createLapiClient({
    url: `https://127.0.0.1:${port}`,
    userAgent: 'test/v1',
    apiKey: () => 'key',
    ...options,
  });
  try {
    await client.pullDelta({}, new AbortController().signal);
    return 'ok';
  } catch (error) {
    return error as BouncerError;
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'bouncer-trust-'));
  onTestFinished(() => {
    rmSync(path, { recursive: true });
  });
  return path;
}

beforeEach(() => {
  vi.stubEnv('SSL_CERT_FILE', '');
  vi.stubEnv('SSL_CERT_DIR', '');
  return () => {
    vi.unstubAllEnvs();
  };
});

describe('trust', () => {
  it('refuses a root that nobody vouched for, and names the setting that helps', async () => {
    const { port, requests } = await serve(answer('{"new":null}'), server);
    expect(await pull(port)).toMatchObject({
      kind: 'tls',
      hint: expect.stringContaining('CROWDSEC_CA_FILE') as string,
    });
    expect(requests).toEqual([]);
  });

  it('takes the extra root', async () => {
    const { port } = await serve(answer('{"new":null}'), server);
    expect(await pull(port, { ca: `comment\n${pem('ca.pem')}\n` })).toBe('ok');
  });

  it('takes the root from SSL_CERT_FILE', async () => {
    const { port } = await serve(answer('{"new":null}'), server);
    vi.stubEnv('SSL_CERT_FILE', fixture('ca.pem'));
    expect(await pull(port)).toBe('ok');
  });

  it('takes the root from a folder of SSL_CERT_DIR with dangling links, damaged files and other things in it', async () => {
    const { port } = await serve(answer('{"new":null}'), server);
    const path = folder();
    copyFileSync(fixture('ca.pem'), join(path, 'defend-o-tron.crt'));
    symlinkSync('/nowhere/at-all.pem', join(path, 'dangling.pem'));
    writeFileSync(join(path, 'damaged.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    writeFileSync(join(path, 'README.txt'), 'no certificate');
    vi.stubEnv('SSL_CERT_DIR', `/nowhere:${path}`);
    expect(await pull(port)).toBe('ok');
  });

  it('refuses a certificate for another name, even from a root that it trusts', async () => {
    const { port } = await serve(answer('{"new":null}'), { cert: pem('elsewhere.pem'), key: pem('elsewhere.key.pem') });
    const error = await pull(port, { ca: pem('ca.pem') });
    expect(error).toMatchObject({ kind: 'tls', message: expect.stringContaining('another name') as string });
  });

  it('verifies nothing only when told so', async () => {
    const { port } = await serve(answer('{"new":null}'), server);
    expect(await pull(port, { insecureSkipVerify: true })).toBe('ok');
    expect(await pull(port, { insecureSkipVerify: false })).not.toBe('ok');
  });

  it('shows its client certificate', async () => {
    let subject: string | string[] | undefined;
    const { port } = await serve(
      (request, response) => {
        if (request.socket instanceof TLSSocket) subject = request.socket.getPeerCertificate().subject.CN;
        answer('{"new":null}')(request, response);
      },
      { ...server, ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true },
    );
    const client = { clientCert: pem('client.pem'), clientKey: pem('client.key.pem') };
    expect(await pull(port, { ca: pem('ca.pem'), ...client, apiKey: undefined })).toBe('ok');
    expect(subject).toBe('mikrotik01');
    expect(await pull(port, { ca: pem('ca.pem') })).toBeInstanceOf(BouncerError);
  });

  it('says that the port does not speak TLS, and that TLS was meant', async () => {
    const plain = await serve(answer('{"new":null}'));
    expect(await pull(plain.port)).toMatchObject({ kind: 'tls', hint: expect.stringContaining('http://') as string });
    const secure = await serve(answer('{"new":null}'), server);
    expect(await pull(secure.port, { url: `http://127.0.0.1:${secure.port}` })).toBeInstanceOf(BouncerError);
  });

  it.each([
    ['CROWDSEC_CA_FILE', { ca: '' }],
    ['CROWDSEC_CA_FILE', { ca: 'no certificate' }],
    ['CROWDSEC_CA_FILE', { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
    ['CROWDSEC_CLIENT_CERT_FILE', { clientCert: 'x', clientKey: pem('client.key.pem') }],
    ['CROWDSEC_CLIENT_KEY_FILE', { clientCert: pem('client.pem'), clientKey: pem('server.key.pem') }],
  ])('names %s when it can never work', (variable, options) => {
    const make = () => createLapiClient({ url: 'https://127.0.0.1', userAgent: 'test/v1', ...options });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(variable);
  });
});
