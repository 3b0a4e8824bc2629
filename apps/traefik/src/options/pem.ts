import { createPrivateKey, X509Certificate } from 'node:crypto';

const block = /-----BEGIN ([A-Z0-9 ]+)-----[^]*?-----END \1-----/g;

/** What is missing in a PEM text for the plugin to load it; undefined when it can. */
export function pemProblem(text: string, what: 'certificate' | 'key'): string | undefined {
  if (what === 'key') return readKey(text) === undefined ? 'private key that can be read' : undefined;
  return certificatesOf(text).length === 0 ? 'certificate that can be read' : undefined;
}

/** Why certificate and key cannot be used together; undefined when they can. Go takes the first certificate for the own. */
export function pairProblem(certificate: string, key: string): string | undefined {
  const [own] = blocksOf(certificate, /^CERTIFICATE$/);
  const parsed = own === undefined ? undefined : readCertificate(own);
  const secret = readKey(key);
  if (parsed === undefined) return 'the certificate cannot be read';
  if (secret === undefined) return 'the key cannot be read';
  return parsed.checkPrivateKey(secret) ? undefined : 'the key is not that of the certificate';
}

function certificatesOf(text: string): readonly X509Certificate[] {
  return blocksOf(text, /^CERTIFICATE$/).flatMap((each) => readCertificate(each) ?? []);
}

function readCertificate(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

/** The first private key, without a passphrase: Go knows none. */
function readKey(text: string): ReturnType<typeof createPrivateKey> | undefined {
  const [own] = blocksOf(text, /PRIVATE KEY$/);
  if (own === undefined || own.includes('ENCRYPTED')) return undefined;
  try {
    return createPrivateKey(own);
  } catch {
    return undefined;
  }
}

function blocksOf(text: string, kind: RegExp): readonly string[] {
  return [...text.matchAll(block)].filter(([, label = '']) => kind.test(label)).map(([found]) => found);
}
