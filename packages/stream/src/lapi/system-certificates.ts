import { X509Certificate } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';

/** Where Linux and BSD systems keep all their roots in one file, as Go's crypto/x509 knows them. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const FOLDERS = ['/etc/ssl/certs'];

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Certificates, and the links named by hash that `openssl rehash` makes. */
const CERTIFICATE_NAME = /\.(?:pem|crt|cer|\d+)$/;

/** Where the system's store is looked for. */
export interface CertificateStore {
  /** PEM files with any number of certificates. */
  readonly files: readonly string[];
  /** Folders with PEM files. */
  readonly folders: readonly string[];
}

/** The places that this environment names: SSL_CERT_FILE and SSL_CERT_DIR each replace their half, as with OpenSSL. */
export function certificateStore(env: NodeJS.ProcessEnv): CertificateStore {
  return {
    files: env['SSL_CERT_FILE'] ? [env['SSL_CERT_FILE']] : BUNDLES,
    folders: env['SSL_CERT_DIR'] ? env['SSL_CERT_DIR'].split(':').filter((folder) => folder !== '') : FOLDERS,
  };
}

/**
 * The roots that Node brings and those of the store, each once, as PEM. What cannot be read is passed over: a mounted
 * `/etc/ssl/certs` is full of links that lead nowhere inside a container.
 * @internal
 */
export function readCertificates(store: CertificateStore): string[] {
  const certificates = new Map<string, string>();
  for (const pem of rootCertificates) certificates.set(keyOf(pem), pem);
  for (const path of [...store.files, ...store.folders.flatMap(certificatesIn)]) {
    for (const [pem] of textOf(path).matchAll(BLOCK)) {
      const key = keyOf(pem);
      // Damaged ones do no harm: OpenSSL passes over them.
      if (!certificates.has(key)) certificates.set(key, pem);
    }
  }
  return [...certificates.values()];
}

/**
 * What this machine trusts: see `readCertificates` and `certificateStore`. Reads some 300 kB of files each time.
 *
 * Not `tls.getCACertificates('system')`: Node 24 takes SSL_CERT_DIR=/a:/b for one folder, gives each root of Debian's
 * folder up to four times (578 for 145), knows no place of Red Hat's, and Node before 22.15 has no such function.
 */
export function systemCertificates(): string[] {
  return readCertificates(certificateStore(process.env));
}

/** The certificates in a PEM text; throws when one of them is damaged. */
export function certificatesOf(text: string): string[] {
  return [...text.matchAll(BLOCK)].map(([pem]) => {
    new X509Certificate(pem);
    return pem;
  });
}

/** Paths of the files of a folder that may hold certificates; none when it cannot be read. */
export function certificatesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => CERTIFICATE_NAME.test(name))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function keyOf(pem: string): string {
  return pem.replace(/\s+/g, '');
}
