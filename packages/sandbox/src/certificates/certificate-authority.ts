import { execFile } from 'node:child_process';
import { generateKeyPair, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const makeKeyPair = promisify(generateKeyPair);

/** A certificate and its private key; PEM texts. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

/** What a server's certificate says. */
export interface ServerNames {
  /** DNS names and addresses. Default: localhost and both loopback addresses. */
  readonly names?: readonly string[];
  /** Days of validity; a negative number makes one that has expired. Default 30. */
  readonly days?: number;
}

/** What a bouncer's certificate says: LAPI lets it in by its organisational unit. */
export interface ClientIdentity {
  readonly commonName: string;
  readonly unit: string;
  readonly days?: number;
}

/** A private CA that lives as long as the test. */
export interface CertificateAuthority {
  /** Its own certificate, PEM. */
  readonly cert: string;
  server(names?: ServerNames): Promise<CertifiedKey>;
  client(identity: ClientIdentity): Promise<CertifiedKey>;
}

const loopback = ['localhost', '127.0.0.1', '::1'];

/** Makes a CA with the `openssl` program. Rejects when there is none. Every key is EC P-256 and stays in memory. */
export async function createCertificateAuthority(commonName = 'Sandbox CA'): Promise<CertificateAuthority> {
  const root = await certify({ subject: `/CN=${commonName}`, days: 30, extensions: caExtensions });
  return {
    cert: root.cert,
    server: ({ names = loopback, days = 30 } = {}) =>
      certify({ subject: `/CN=${names[0] ?? 'localhost'}`, days, extensions: serverExtensions(names), by: root }),
    client: ({ commonName: name, unit, days = 30 }) =>
      certify({ subject: `/OU=${unit}/CN=${name}`, days, extensions: clientExtensions, by: root }),
  };
}

/** A server's certificate that is signed by nobody but itself, as a router makes it. */
export function selfSigned({ names = loopback, days = 30 }: ServerNames = {}): Promise<CertifiedKey> {
  return certify({ subject: `/CN=${names[0] ?? 'localhost'}`, days, extensions: serverExtensions(names) });
}

/** SHA-256 of a certificate in hexadecimal, with colons. */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256;
}

const caExtensions = ['basicConstraints=critical,CA:true', 'keyUsage=critical,keyCertSign,cRLSign'];
const clientExtensions = ['basicConstraints=CA:false', 'extendedKeyUsage=clientAuth'];

function serverExtensions(names: readonly string[]): string[] {
  const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`);
  return ['basicConstraints=CA:false', 'extendedKeyUsage=serverAuth', `subjectAltName=${alternatives.join(',')}`];
}

interface Request {
  readonly subject: string;
  readonly days: number;
  readonly extensions: readonly string[];
  /** Who signs; itself when absent. */
  readonly by?: CertifiedKey;
}

async function certify({ subject, days, extensions, by }: Request): Promise<CertifiedKey> {
  const { privateKey } = await makeKeyPair('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-certificate-'));
  try {
    const file = (name: string): string => join(folder, name);
    await writeFile(file('key'), key, { mode: 0o600 });
    await writeFile(file('extensions'), extensions.join('\n'));
    await openssl('req', '-new', '-key', file('key'), '-subj', subject, '-out', file('request'));
    const signer = by ? ['-CA', file('ca'), '-CAkey', file('ca-key')] : ['-key', file('key')];
    if (by) {
      await writeFile(file('ca'), by.cert);
      await writeFile(file('ca-key'), by.key, { mode: 0o600 });
    }
    const serial = `0x${crypto.randomUUID().replaceAll('-', '').slice(1)}`;
    await openssl(
      ...['x509', '-req', '-in', file('request'), '-out', file('cert'), '-days', String(days), '-sha256'],
      ...['-set_serial', serial, '-extfile', file('extensions'), ...signer],
    );
    return { cert: await readFile(file('cert'), 'utf8'), key };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openssl(...args: readonly string[]): Promise<void> {
  await run('openssl', args);
}
