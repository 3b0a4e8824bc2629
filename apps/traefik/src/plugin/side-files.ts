import { readFileSync } from 'node:fs';
import { messageOf, systemCertificates, TransientError } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';
import { movedFile, movedSecrets } from './moved-secrets.ts';
import { pairProblem, pemProblem } from '../options/pem.ts';
import { sideFiles, secretKeys } from './plugin-options.ts';

/** Owner and group: whoever can read it can read every decision. */
export const privateMode = 0o640;

/** A text that the plugin reads beside the configuration. */
export interface SideText {
  /** What the name of its file ends in. */
  readonly file: string;
  /** Its name in a Kubernetes Secret. */
  readonly key: string;
  readonly text: string;
  /** True when not everybody may read it. */
  readonly isPrivate: boolean;
}

/**
 * The key and certificates as they are now: all files are read again at every call, so that a rotated one is noticed.
 * @throws TransientError when a file cannot be read, or the plugin could not load what it holds.
 */
export function readSideTexts(values: TraefikValues): readonly SideText[] {
  const { lapiKey, lapiUrl, lapiClientCertFile, lapiClientKeyFile, lapiInsecureSkipVerify } = values;
  const texts: SideText[] = [];
  const isHttps = lapiUrl.startsWith('https:');
  if (lapiClientCertFile === undefined && lapiKey !== undefined && isKeyOurs(values)) {
    lapiKey.refresh();
    texts.push(side('key', lapiKey.value().trim()));
  }
  if (isHttps && !lapiInsecureSkipVerify) texts.push(side('ca', authorities(values)));
  if (isHttps && lapiClientCertFile !== undefined && lapiClientKeyFile !== undefined) {
    const certificate = read('CROWDSEC_CLIENT_CERT_FILE', lapiClientCertFile);
    const key = read('CROWDSEC_CLIENT_KEY_FILE', lapiClientKeyFile);
    const problem = pairProblem(certificate, key);
    if (problem !== undefined) throw unloadable('CROWDSEC_CLIENT_CERT_FILE and CROWDSEC_CLIENT_KEY_FILE', problem);
    texts.push(side('clientCert', certificate), side('clientKey', key));
  }
  for (const { option, text } of movedSecrets(values)) {
    texts.push({ file: movedFile(option), key: option, text, isPrivate: true });
  }
  return texts;
}

function side(what: keyof typeof sideFiles, text: string): SideText {
  return { file: sideFiles[what], key: secretKeys[what], text, isPrivate: what === 'key' || what === 'clientKey' };
}

/** The same by the names that a Kubernetes Secret gives them. */
export function secretData(values: TraefikValues): Record<string, string> {
  return Object.fromEntries(readSideTexts(values).map(({ key, text }) => [key, `${text}\n`]));
}

/** Without a CA of its own, all that this system trusts: the plugin must be given one before v1.7.0. */
function authorities({ lapiCaFile }: TraefikValues): string {
  if (lapiCaFile !== undefined) {
    const text = read('CROWDSEC_CA_FILE', lapiCaFile);
    const problem = pemProblem(text, 'certificate');
    if (problem !== undefined) throw unloadable('CROWDSEC_CA_FILE', `holds no ${problem}`);
    return text;
  }
  return [...new Set(systemCertificates().map((pem) => pem.trim()))].sort().join('\n');
}

/** What the plugin could not load: its routers would answer 404, so what was written before stays. */
function unloadable(variable: string, problem: string): TransientError {
  return new TransientError(`${variable}: ${problem}`, {
    hint: 'see the file; what was written before stays in place',
  });
}

function read(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const hint = 'check that the file is there and can be read; what was written before stays in place';
    throw new TransientError(`${variable}: ${messageOf(error)}`, { cause: error, hint });
  }
}

/** False when Traefik has the key in a file already. A Kubernetes Secret is written whole. */
function isKeyOurs({ keyFile, format }: TraefikValues): boolean {
  return keyFile === undefined || format === 'kubernetes';
}
