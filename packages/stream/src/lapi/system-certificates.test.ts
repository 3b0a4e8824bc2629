import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { certificateStore, readCertificates } from './system-certificates.ts';

const fixtures = join(import.meta.dirname, '../../test/fixtures');
const ca = readFileSync(join(fixtures, 'ca.pem'), 'utf8').trim();

describe('system certificates', () => {
  it('are looked for where the usual systems keep them', () => {
    const store = certificateStore({});
    expect(store.files).toContain('/etc/ssl/certs/ca-certificates.crt');
    expect(store.files).toContain('/etc/pki/tls/certs/ca-bundle.crt');
    expect(store.folders).toEqual(['/etc/ssl/certs']);
  });

  it('are looked for where the environment says, instead', () => {
    expect(certificateStore({ SSL_CERT_FILE: '/a.pem' })).toEqual({ files: ['/a.pem'], folders: ['/etc/ssl/certs'] });
    expect(certificateStore({ SSL_CERT_DIR: '/a:/b' }).folders).toEqual(['/a', '/b']);
  });

  it('hold what Node brings and each of the others once', () => {
    const file = join(fixtures, 'ca.pem');
    const read = readCertificates({ files: [file, file, '/nowhere.pem'], folders: [fixtures, '/nowhere'] });
    expect(read).toEqual(expect.arrayContaining([...rootCertificates]));
    expect(read.filter((pem) => pem === ca)).toHaveLength(1);
    expect(new Set(read).size).toBe(read.length);
    // Keys lie in the same folder: nothing but certificates may come out.
    expect(read.every((pem) => pem.startsWith('-----BEGIN CERTIFICATE-----'))).toBe(true);
  });
});
