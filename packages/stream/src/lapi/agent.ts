import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { ConfigError, messageOf } from './errors.ts';
import { certificatesOf, systemCertificates } from './system-certificates.ts';

/** How to recognise LAPI, and how to be recognised. All PEM. */
export interface TrustOptions {
  /** Extra roots (CROWDSEC_CA_FILE), on top of the system's. */
  readonly ca?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

/**
 * Node gives each address of a name 250 ms when there are several, which a slow link needs longer than.
 */
const CONNECT_OPTIONS = { keepAlive: true, maxSockets: 2, autoSelectFamilyAttemptTimeout: 2500 };

/** The connection pool for a base URL. Reads the system's store for https only. Throws ConfigError. */
export function createAgent(url: URL, trust: TrustOptions): HttpAgent {
  if (url.protocol === 'http:') return new HttpAgent(CONNECT_OPTIONS);
  return new HttpsAgent({
    ...CONNECT_OPTIONS,
    // Made once: to parse 150 roots again for every connection takes longer than the connection itself.
    secureContext: secureContext(trust),
    rejectUnauthorized: trust.insecureSkipVerify !== true,
  });
}

function secureContext(trust: TrustOptions): SecureContext {
  const own = trust.ca === undefined ? [] : ownRoots(trust.ca);
  const roots = trust.insecureSkipVerify === true ? [] : [...systemCertificates(), ...own];
  try {
    return createSecureContext({
      ...(roots.length > 0 && { ca: roots }),
      ...(trust.clientCert !== undefined && { cert: trust.clientCert }),
      ...(trust.clientKey !== undefined && { key: trust.clientKey }),
    });
  } catch (error) {
    throw new ConfigError(`CROWDSEC_CLIENT_CERT_FILE or CROWDSEC_CLIENT_KEY_FILE: ${reason(error)}`, {
      hint: 'give a PEM certificate and the unencrypted PEM key that belongs to it',
    });
  }
}

function ownRoots(pem: string): string[] {
  let roots: string[] = [];
  try {
    roots = certificatesOf(pem);
  } catch {
    // Said below: it makes no difference to the user whether there is none or only damaged ones.
  }
  if (roots.length > 0) return roots;
  throw new ConfigError('CROWDSEC_CA_FILE holds no certificate that can be read', {
    hint: 'give the root CA as PEM: it begins with -----BEGIN CERTIFICATE-----',
  });
}

/** OpenSSL's own words; they never quote the key. */
function reason(error: unknown): string {
  return messageOf(error).replace(/^error:[0-9A-F]*:/, '');
}
