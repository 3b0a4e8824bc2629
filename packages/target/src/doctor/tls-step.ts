import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import type { PeerCertificate } from 'node:tls';
import { networkErrorCode } from '@bouncer/stream';
import { failed, passed, warned } from './check-step.ts';
import type { CheckStep } from './check-step.ts';
import { opened } from './connect.ts';
import type { ApiAddress } from './host-port.ts';
import { fixFor, troubles } from './troubleshooting.ts';
import type { Trouble } from './troubleshooting.ts';

/** What the client trusts, and who it says it is. PEM. */
export interface TlsTrust {
  readonly ca: string[];
  readonly cert?: string;
  readonly key?: string;
  readonly insecureSkipVerify: boolean;
  /** What keeps the system's store from counting, if anything does. */
  readonly storeProblem?: string | undefined;
}

const troubleByCode: Readonly<Record<string, Trouble>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: troubles.wrongName,
  CERT_HAS_EXPIRED: troubles.expired,
  CERT_NOT_YET_VALID: troubles.expired,
};

/**
 * Shakes hands with LAPI and judges its certificate with the trust of the client. The connection is made either way, so
 * that the certificate can be shown; nothing is sent over it. A `tunnel` leads to LAPI through a proxy.
 */
export async function tlsStep(
  address: ApiAddress,
  trust: TlsTrust,
  signal: AbortSignal,
  tunnel?: Duplex,
): Promise<CheckStep> {
  const { host, port } = address;
  try {
    const servername = isIP(host) === 0 ? host : '';
    // The host is whose certificate it has to be, also where somebody else made the connection.
    const to = tunnel === undefined ? { host, port } : { host, socket: tunnel };
    const attempt = connect({ ...to, ...trust, rejectUnauthorized: false, servername });
    const socket = await opened(attempt, 'secureConnect', signal);
    const chain = socket.getPeerCertificate(true);
    const verdict = socket.authorizationError as Error | string | null | undefined;
    socket.destroy();
    const code =
      typeof verdict === 'string' ? verdict : ((verdict as { code?: string } | null | undefined)?.code ?? '');
    return judgeCertificate(address, chain, code, trust);
  } catch (error) {
    signal.throwIfAborted();
    // OpenSSL's own words for it are a line of hexadecimal digits and source files.
    const isPlain = networkErrorCode(error) === 'ERR_SSL_WRONG_VERSION_NUMBER';
    const message = isPlain ? 'what answers there speaks no TLS' : (error as Error).message;
    const fix = `check that LAPI or the proxy before it speaks TLS on port ${port}; if it does not, use http:// in CROWDSEC_API_URL`;
    return failed('tls', `no TLS connection: ${message}`, fix);
  }
}

/** The verdict on a certificate; `code` is OpenSSL's, empty when it is trusted. */
export function judgeCertificate(
  { host }: ApiAddress,
  chain: PeerCertificate,
  code: string,
  trust: Pick<TlsTrust, 'insecureSkipVerify' | 'storeProblem'>,
): CheckStep {
  const certificate = `certificate of ${nameOf(chain.subject)}, signed by ${nameOf(chain.issuer)}, until ${chain.valid_to}`;
  if (code === '') return passed('tls', certificate);
  if (trust.insecureSkipVerify) {
    const seen = `${certificate}; not trusted (${code}), but CROWDSEC_INSECURE_SKIP_VERIFY is set: a man in the middle can inject decisions`;
    return warned('tls', seen, 'name the CA in CROWDSEC_CA_FILE and take CROWDSEC_INSECURE_SKIP_VERIFY away');
  }
  const trouble = troubleByCode[code] ?? troubles.untrustedCa;
  const names = chain.subjectaltname === undefined ? '' : `; it is for ${chain.subjectaltname}`;
  const seen = trouble === troubles.wrongName ? `${certificate}${names}` : certificate;
  const missing = trouble === troubles.untrustedCa ? `the missing CA is ${nameOf(topOf(chain).issuer)}: ` : '';
  const unread = missing !== '' && trust.storeProblem !== undefined ? `; ${trust.storeProblem}` : '';
  const fix = `${missing}${fixFor(trouble, { host })}${unread}`;
  return failed('tls', `failed to verify certificate (${code}): ${seen}`, fix);
}

/** The last certificate that the server sent: whoever signed that one is missing. */
function topOf(certificate: PeerCertificate): PeerCertificate {
  let top = certificate;
  // A self-signed one is its own issuer.
  for (let depth = 0; depth < 10; depth++) {
    const issuer = (top as { issuerCertificate?: PeerCertificate }).issuerCertificate;
    if (!issuer || issuer === top || issuer.fingerprint256 === top.fingerprint256) return top;
    top = issuer;
  }
  return top;
}

/** A name of a certificate, in quotes. One that is given more than once is a list; the types do not know that. */
export function nameOf(name: PeerCertificate['subject'] | undefined): string {
  const { CN, O } = (name ?? {}) as { CN?: string | string[]; O?: string | string[] };
  return JSON.stringify([CN ?? O ?? 'unnamed'].flat().join(' '));
}
