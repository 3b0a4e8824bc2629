import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext } from 'node:tls';
import { ConfigError, messageOf } from './errors.ts';
import { openTunnel } from './http-proxy.ts';
import type { HttpProxy } from './http-proxy.ts';
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

/**
 * The connection pool for a base URL; with a proxy, https goes through tunnels. Reads the system's store for https only.
 * Throws ConfigError.
 */
export function createAgent(url: URL, trust: TrustOptions, proxy?: HttpProxy): HttpAgent {
  if (url.protocol === 'http:') return new HttpAgent(CONNECT_OPTIONS);
  const options = {
    ...CONNECT_OPTIONS,
    // Made once: to parse 150 roots again for every connection takes longer than the connection itself.
    secureContext: secureContext(trust),
    rejectUnauthorized: trust.insecureSkipVerify !== true,
  };
  return proxy === undefined ? new HttpsAgent(options) : new TunnelAgent(options, proxy, tunnelTarget(url));
}

/** `host:port` as CONNECT asks for it. */
export function tunnelTarget(url: URL): string {
  return `${url.hostname}:${url.port === '' ? 443 : url.port}`;
}

type Created = (error: Error | null, socket?: Duplex) => void;
type Create = (options: object, created: Created) => Duplex;

/** Speaks TLS with LAPI through a tunnel of the proxy: the proxy sees neither key nor decisions. */
class TunnelAgent extends HttpsAgent {
  readonly #proxy: HttpProxy;
  readonly #target: string;

  constructor(options: ConstructorParameters<typeof HttpsAgent>[0], proxy: HttpProxy, target: string) {
    super(options);
    this.#proxy = proxy;
    this.#target = target;
  }

  // Called by Node for each new connection; a later answer goes to `created`.
  override createConnection(options: object, created: Created): undefined {
    const overTls = (super.createConnection as Create).bind(this);
    openTunnel(this.#proxy, this.#target).then(
      (socket) => {
        created(
          null,
          overTls({ ...options, socket }, () => undefined),
        );
      },
      (error: unknown) => {
        created(error as Error);
      },
    );
  }
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
