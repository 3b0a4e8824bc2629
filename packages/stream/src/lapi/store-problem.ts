import { accessSync, constants, readlinkSync } from 'node:fs';
import { certificateStore, certificatesIn } from './system-certificates.ts';
import type { CertificateStore } from './system-certificates.ts';

/**
 * Why the system's store may hold less in this process than on its host, and what to do; undefined when nothing is in the
 * way. For a hint once a certificate was not trusted: a mounted /etc/ssl/certs is passed over in silence where it cannot
 * be read, because links that lead nowhere are usual there.
 */
export function storeProblem(store: CertificateStore = certificateStore(process.env)): string | undefined {
  const files = [...store.files, ...store.folders.flatMap(certificatesIn)];
  const denied = [...store.folders, ...files].find((place) => codeOf(place) === 'EACCES');
  if (denied !== undefined) {
    const user = process.getuid?.() ?? 'of this process';
    return `the user id ${user} may not read ${denied}: run \`chmod -R a+rX\` on the host's folder`;
  }
  if (files.some((file) => codeOf(file) === undefined)) return undefined;
  // Fedora's and Red Hat's /etc/ssl/certs holds nothing but links to another folder.
  const dead = files.map(linkIn).find((link) => link !== undefined);
  return dead && `${dead.file} leads to ${dead.target}, which is not in here: mount that folder as well`;
}

function linkIn(file: string): { readonly file: string; readonly target: string } | undefined {
  try {
    return { file, target: readlinkSync(file) };
  } catch {
    return undefined;
  }
}

/** Why it cannot be read; undefined when it can. */
function codeOf(place: string): string | undefined {
  try {
    accessSync(place, constants.R_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
