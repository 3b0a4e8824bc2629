/**
 * Why there was no answer.
 * - `dns` no address for the name; `refused` nothing listens; `timeout` no answer; `unreachable` no way there; `cut` closed;
 * - `untrusted`, `wrong-name`, `out-of-date`, `bad-certificate`: what is wrong with its certificate;
 * - `handshake` TLS did not come about; `other` anything else.
 */
export type NetworkErrorKind =
  | 'dns'
  | 'refused'
  | 'timeout'
  | 'unreachable'
  | 'cut'
  | 'untrusted'
  | 'wrong-name'
  | 'out-of-date'
  | 'bad-certificate'
  | 'handshake'
  | 'other';

/** Codes of Node (libuv, OpenSSL's verification results) and what they mean. */
const CODES: Readonly<Record<Exclude<NetworkErrorKind, 'handshake' | 'other'>, readonly string[]>> = {
  dns: ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'EAI_FAIL'],
  refused: ['ECONNREFUSED'],
  timeout: ['ETIMEDOUT', 'ETIMEOUT', 'ECONNABORTED'],
  unreachable: ['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'],
  cut: ['ECONNRESET', 'EPIPE'],
  untrusted: [
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'CERT_UNTRUSTED',
    'CERT_SIGNATURE_FAILURE',
    'INVALID_CA',
  ],
  'wrong-name': ['ERR_TLS_CERT_ALTNAME_INVALID'],
  'out-of-date': ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'],
  'bad-certificate': ['CERT_REVOKED', 'CERT_REJECTED', 'CERT_CHAIN_TOO_LONG', 'INVALID_PURPOSE'],
};

const KINDS: ReadonlyMap<string, NetworkErrorKind> = new Map(
  Object.entries(CODES).flatMap(([kind, codes]) => codes.map((code) => [code, kind as NetworkErrorKind] as const)),
);

const WORDS: Readonly<Record<NetworkErrorKind, string>> = {
  dns: 'no such host',
  refused: 'connection refused',
  timeout: 'no answer',
  unreachable: 'no answer',
  cut: 'connection reset',
  untrusted: 'the certificate is not trusted',
  'wrong-name': 'the certificate is for another name',
  'out-of-date': 'the certificate has expired or is not yet valid',
  'bad-certificate': 'the certificate is not trusted',
  handshake: 'no TLS connection',
  other: 'the connection failed',
};

/** What to say of one place: its own words and hints count more than ours. */
export interface NetworkPlace {
  /** `192.168.1.1 port 22`, or a URL. */
  readonly name: string;
  readonly words?: Readonly<Partial<Record<NetworkErrorKind, string>>>;
  /** What to do. `other` is for what has none of its own. */
  readonly hints: Readonly<Partial<Record<NetworkErrorKind, string>>>;
}

export interface NetworkExplanation {
  readonly kind: NetworkErrorKind;
  /** As Node has it; empty when there is none. */
  readonly code: string;
  /** `connection refused: 192.168.1.1 port 22`, with the code where that tells more. */
  readonly message: string;
  /** Empty when the place has none. */
  readonly hint: string;
}

/** Kinds whose words alone tell everything. */
const PLAIN: ReadonlySet<NetworkErrorKind> = new Set(['dns', 'refused', 'timeout']);

/** An error of DNS, TCP or TLS in words, for this place. */
export function explainNetworkError(error: unknown, place: NetworkPlace): NetworkExplanation {
  const code = networkErrorCode(error);
  const kind = networkErrorKind(code);
  const words = place.words?.[kind] ?? WORDS[kind];
  const more = PLAIN.has(kind) || code === '' ? '' : ` (${code})`;
  return { kind, code, message: `${words}: ${place.name}${more}`, hint: place.hints[kind] ?? place.hints.other ?? '' };
}

/** The kind of a code. */
export function networkErrorKind(code: string): NetworkErrorKind {
  const known = KINDS.get(code);
  if (known) return known;
  if (code.startsWith('CERT_')) return 'bad-certificate';
  return code === 'EPROTO' || /^ERR_(SSL|TLS)_/.test(code) ? 'handshake' : 'other';
}

/** The code of an error or of what caused it; of the first one when several addresses of a name were tried. */
export function networkErrorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return networkErrorCode(error.errors[0]);
  return 'cause' in error ? networkErrorCode(error.cause) : '';
}
