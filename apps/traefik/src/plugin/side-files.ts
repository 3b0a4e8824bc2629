import { readFileSync } from 'node:fs';
import { messageOf, systemCertificates, TransientError } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';
import { sideFiles, secretKeys } from './plugin-options.ts';

/** Owner and group: whoever can read it can read every decision. */
export const privateMode = 0o640;

/** A text that the plugin reads beside the configuration. */
export interface SideText {
  readonly what: keyof typeof sideFiles;
  readonly text: string;
}

/**
 * The key and certificates as they are now: all files are read again at every call, so that a rotated one is noticed.
 * @throws TransientError when a file cannot be read.
 */
export function readSideTexts(values: TraefikValues): readonly SideText[] {
  const { lapiKey, lapiUrl, lapiClientCertFile, lapiClientKeyFile, lapiInsecureSkipVerify } = values;
  const texts: SideText[] = [];
  const isHttps = lapiUrl.startsWith('https:');
  if (lapiClientCertFile === undefined && lapiKey !== undefined && values.keyFile === undefined) {
    lapiKey.refresh();
    texts.push({ what: 'key', text: lapiKey.value().trim() });
  }
  if (isHttps && !lapiInsecureSkipVerify) texts.push({ what: 'ca', text: authorities(values) });
  if (isHttps && lapiClientCertFile !== undefined && lapiClientKeyFile !== undefined) {
    texts.push({ what: 'clientCert', text: read('CROWDSEC_CLIENT_CERT_FILE', lapiClientCertFile) });
    texts.push({ what: 'clientKey', text: read('CROWDSEC_CLIENT_KEY_FILE', lapiClientKeyFile) });
  }
  return texts;
}

/** The same by the names that a Kubernetes Secret gives them. */
export function secretData(values: TraefikValues): Record<string, string> {
  return Object.fromEntries(readSideTexts(values).map(({ what, text }) => [secretKeys[what], `${text}\n`]));
}

/** Without a CA of its own, all that this system trusts: the plugin must be given one before v1.7.0. */
function authorities({ lapiCaFile }: TraefikValues): string {
  if (lapiCaFile !== undefined) return read('CROWDSEC_CA_FILE', lapiCaFile);
  return [...new Set(systemCertificates().map((pem) => pem.trim()))].sort().join('\n');
}

function read(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const hint = 'see that the file is there and can be read; what was written before stays in place';
    throw new TransientError(`${variable}: ${messageOf(error)}`, { cause: error, hint });
  }
}
