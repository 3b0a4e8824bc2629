import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '@bouncer/stream';
import type { Logger, OutputFolder } from '@bouncer/target';
import { makeCertificate } from './certificate.ts';
import type { OwnCertificate } from './certificate.ts';

const DAY_MS = 86_400_000;
const VALID_DAYS = 90;
/** So long before its end the next one is made, and told to the proxy; it is used a day later. */
const NEXT_DAYS = 30;
const OVERLAP_DAYS = 29;

/** Certificate and key for the endpoint, and what the proxy has to trust. */
export interface TlsIdentity extends OwnCertificate {
  /** PEM; while certificates change, both. */
  readonly ca: string;
}

export interface OwnTlsOptions {
  readonly folder: OutputFolder;
  /** Name of the file in it, for its owner alone. */
  readonly file: string;
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Our own certificate: made when there is none, kept in the folder over restarts, so that the proxy knows it all the time, and
 * replaced before its end, the next one being trusted for a day before it is used.
 */
export function ownTls({ folder, file, names, clock, log }: OwnTlsOptions): {
  readonly identity: TlsIdentity;
  readonly save: () => Promise<void>;
} {
  const now = clock.wall();
  const kept = readKept(folder, file).filter((each) => daysLeft(each, now) > 0 && isFor(each, names));
  const make = (): OwnCertificate => makeCertificate(names, new Date(now), new Date(now + VALID_DAYS * DAY_MS));
  const [first = make(), second] = kept;
  const isOld = daysLeft(first, now) <= NEXT_DAYS;
  const next = second ?? (isOld ? make() : undefined);
  const isReady = next !== undefined && daysLeft(first, now) <= OVERLAP_DAYS && second !== undefined;
  const current = isReady ? next : first;
  const all = isReady ? [next] : [first, ...(next ? [next] : [])];
  const text = all.map(({ key, cert }) => key + cert).join('');
  if (kept.length === 0) log.info({ file }, 'made a certificate for TRAEFIK_LISTEN_TLS');
  return {
    identity: { ...current, ca: all.map(({ cert }) => cert).join('') },
    save: async () => {
      if (folder.read(file)?.toString() !== text) await folder.replace(file, Buffer.from(text), 0o600);
    },
  };
}

function readKept(folder: OutputFolder, file: string): OwnCertificate[] {
  const text = folder.read(file)?.toString() ?? '';
  const pairs = text.matchAll(
    /(-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----\n)(-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----\n)/g,
  );
  return [...pairs].flatMap(([, key = '', cert = '']) => (isWhole(cert) ? [{ key, cert }] : []));
}

function isWhole(cert: string): boolean {
  try {
    return new X509Certificate(cert).ca;
  } catch {
    return false;
  }
}

function daysLeft({ cert }: OwnCertificate, now: number): number {
  return (new X509Certificate(cert).validToDate.getTime() - now) / DAY_MS;
}

function isFor({ cert }: OwnCertificate, names: readonly string[]): boolean {
  const read = new X509Certificate(cert);
  return names.every((name) => (isIP(name) === 0 ? read.checkHost(name) : read.checkIP(name)) !== undefined);
}
