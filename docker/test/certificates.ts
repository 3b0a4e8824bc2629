import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createCertificateAuthority, type CertificateAuthority } from '@bouncer/sandbox';

/** A private CA, and what stands for the /etc/ssl/certs of a host that trusts it. */
export interface Store extends AsyncDisposable {
  readonly authority: CertificateAuthority;
  readonly folder: string;
}

/**
 * How a host keeps its certificates:
 * - `bundle`: as Debian's update-ca-certificates leaves it: one file with all, and a link that leads nowhere in a container;
 * - `hashed`: single files and links named by hash, as `openssl rehash` makes them;
 * - `linked`: nothing but a link out of the folder, as on Fedora.
 */
export type StoreKind = 'bundle' | 'hashed' | 'linked';

/** Makes a store. It is world-readable, as the real one. */
export async function makeStore(kind: StoreKind = 'bundle'): Promise<Store> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-certs-'));
  // mkdtemp makes folders that only their owner may enter.
  await chmod(folder, 0o755);
  const authority = await createCertificateAuthority('Defend-O-Tron Root CA');
  const place = (name: string): string => path.join(folder, name);
  if (kind === 'bundle') {
    await writeFile(place('ca-certificates.crt'), authority.cert);
    await symlink('/usr/local/share/ca-certificates/defend-o-tron.crt', place('defend-o-tron.pem'));
  } else if (kind === 'hashed') {
    await writeFile(place('defend-o-tron'), authority.cert);
    await symlink('defend-o-tron', place('5ed36f99.0'));
  } else {
    await symlink('/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', place('ca-bundle.crt'));
  }
  return { authority, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
