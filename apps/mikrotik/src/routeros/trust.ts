import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type ConnectionOptions, type PeerCertificate, type SecureContext } from 'node:tls';
import { AuthError, ConfigError, messageOf, type BouncerError } from '@bouncer/stream';

/** What the settings say about the router's certificate. */
export interface TrustSettings {
  /** Certificates that are trusted, PEM: the own CA file and the system's store. */
  readonly ca: readonly string[];
  /** SHA-256 of the router's certificate, 64 lower-case hex digits. Then neither its issuer nor its names count. */
  readonly fingerprint?: string | undefined;
  /** Any certificate will do. */
  readonly insecure: boolean;
  /** The router has no certificate: encrypted, but nobody knows to whom. */
  readonly anonymous: boolean;
}

/** OpenSSL 3 offers anonymous ciphers at security level 0 only; TLS 1.3 has none. */
const ANONYMOUS = 'ADH-AES256-GCM-SHA384:@SECLEVEL=0';

/** Options for `tls.connect`. RouterOS speaks TLS up to 1.2. ConfigError when a CA cannot be used. */
export function tlsOptions(host: string, trust: TrustSettings): ConnectionOptions {
  const verified = trust.fingerprint === undefined && !trust.insecure && !trust.anonymous;
  return {
    rejectUnauthorized: verified,
    secureContext: secureContext(verified, trust),
    ...(isIP(host) === 0 && { servername: host }),
  };
}

/** Made here and not by the library, so that a damaged CA is told as what it is. */
function secureContext(verified: boolean, { ca, anonymous }: TrustSettings): SecureContext {
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(verified && { ca: [...ca] }),
      ...(anonymous && { ciphers: ANONYMOUS, maxVersion: 'TLSv1.2' as const }),
    });
  } catch (error) {
    throw new ConfigError(`a CA certificate cannot be used: ${messageOf(error)}`, {
      hint: 'give MIKROTIK_CA_FILE a PEM file with the whole certificate of the CA',
      cause: error,
    });
  }
}

/** 64 lower-case hex digits of a fingerprint with or without colons. @internal */
export function plainFingerprint(text: string): string {
  return text.replaceAll(':', '').toLowerCase();
}

/** The fingerprint as people compare it: upper case, colons. */
export function printFingerprint(plain: string): string {
  return (plain.toUpperCase().match(/../g) ?? []).join(':');
}

/** The error when the certificate is not the pinned one; undefined when it is, or when nothing is pinned. */
export function pinError(certificate: Partial<PeerCertificate>, trust: TrustSettings): BouncerError | undefined {
  if (trust.fingerprint === undefined) return undefined;
  const seen = fingerprintOf(certificate);
  const wanted = Buffer.from(trust.fingerprint, 'hex');
  const bytes = Buffer.from(seen ?? '', 'hex');
  if (bytes.length === wanted.length && timingSafeEqual(bytes, wanted)) return undefined;
  const what = seen === undefined ? 'no certificate' : `a certificate with SHA-256 ${printFingerprint(seen)}`;
  return new AuthError(`the router shows ${what}, not the pinned one`, {
    hint: 'if its certificate was renewed, set MIKROTIK_TLS_FINGERPRINT to the new one; if not, this may be a man-in-the-middle attack',
  });
}

/** SHA-256 of a certificate, 64 lower-case hex digits; undefined without a certificate. */
export function fingerprintOf(certificate: Partial<PeerCertificate>): string | undefined {
  return certificate.fingerprint256 === undefined ? undefined : plainFingerprint(certificate.fingerprint256);
}
