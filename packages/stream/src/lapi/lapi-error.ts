import { AuthError, BouncerError, TransientError } from './errors.ts';
import { networkErrorCode, networkErrorKind } from '../net/network-error.ts';
import { DeadlinePassed } from './deadline.ts';
import { proxyFailure } from './http-proxy.ts';
import type { HttpProxy } from './http-proxy.ts';
import { socketProblem } from './socket-problem.ts';
import { storeProblem } from './store-problem.ts';

/**
 * What went wrong with LAPI, as `kind` of the error.
 * - `dns` no address for the name; `refused` nothing listens; `network` no way there, or the link was cut;
 * - `tls` certificate or protocol; `timeout` no answer in time; `auth` 401 or 403;
 * - `path` 404, 405 or a redirect; `server` any other status; `protocol` an answer that is not LAPI's;
 * - `proxy` CROWDSEC_PROXY is away or does not let us through; `socket` there is no usable unix socket;
 * - `malformed` one of LAPI's, with elements in it that are no decisions.
 */
export type LapiErrorKind =
  | 'dns'
  | 'refused'
  | 'network'
  | 'tls'
  | 'timeout'
  | 'auth'
  | 'path'
  | 'server'
  | 'protocol'
  | 'proxy'
  | 'socket'
  | 'malformed';

const HINTS: Readonly<Record<LapiErrorKind, string>> = {
  dns: 'make this machine resolve the name: fix its DNS, or add the name to /etc/hosts (docker run --add-host)',
  refused:
    'check host and port in CROWDSEC_API_URL, that LAPI runs, and that no firewall on the way rejects the connection',
  network: 'check the network between this machine and LAPI, and proxies on the way',
  tls: "add LAPI's root CA: point CROWDSEC_CA_FILE at it, or mount a /etc/ssl/certs that holds it",
  timeout: 'check that LAPI is up and that no firewall on the way drops packets',
  auth: "either the key is wrong or was revoked: make a new one with `cscli bouncers add NAME` and put it in CROWDSEC_BOUNCER_API_KEY (a client certificate needs an OU of `bouncers_allowed_ou`); or LAPI's database is away and it cannot look the key up, which it calls `access forbidden`, too: LAPI's own log tells which",
  path: 'check the path in CROWDSEC_API_URL: behind a proxy it often ends in /lapi',
  server: "look at LAPI's log; what is blocked stays blocked until its own end",
  protocol: 'check that CROWDSEC_API_URL leads to a CrowdSec LAPI and not to some other page',
  proxy: 'check CROWDSEC_PROXY, and that the proxy lets this machine reach LAPI',
  socket: 'check the path in CROWDSEC_API_URL, and `api.server.listen_socket` in the config.yaml of CrowdSec',
  malformed:
    'nothing is unblocked because of such an answer, and what could be read is blocked; look at what LAPI sends (`GET /v1/decisions`) and at proxies that may change it',
};

function lapiError(kind: LapiErrorKind, message: string, hint: string = HINTS[kind], retryAfter = 0): BouncerError {
  const options = { kind, hint, retryAfter };
  return kind === 'auth' ? new AuthError(message, options) : new TransientError(message, options);
}

/** The error for an answer that is not what LAPI sends: no JSON, another shape, cut off, too large. */
export function malformedAnswer(what: string): BouncerError {
  return lapiError('protocol', `not an answer of LAPI's: ${what}`);
}

/** The error for an answer of which so many elements are no decisions: what it leaves out means nothing. */
export function malformedElements(malformed: number, total: number): BouncerError {
  return lapiError('malformed', `${malformed} of ${total} elements of LAPI's answer are no decisions`);
}

const EMPTY_HINT = "look at LAPI's log: its database may be away; `sync --accept-removals` accepts it anyway";

/** The error for a full pull without a decision that `GET /v1/decisions` does not confirm: LAPI's database may be away. */
export function unconfirmedEmpty(): BouncerError {
  return lapiError('malformed', "LAPI's answer is empty, and GET /v1/decisions does not confirm that", EMPTY_HINT);
}

/** What the head of a refusal says beside its status. */
export interface RefusalHead {
  readonly location?: string | undefined;
  /** Seconds that we are asked to wait. */
  readonly retryAfter?: number | undefined;
}

/** The error for an answer with a status other than 2xx. `detail` is what LAPI said, cleaned. */
export function statusError(status: number, { location, retryAfter }: RefusalHead, detail: string): BouncerError {
  const said = detail === '' ? '' : ` (${detail})`;
  if (status === 401 || status === 403) {
    const name = status === 401 ? '401 Unauthorized' : '403 Forbidden';
    return lapiError('auth', `${name}: LAPI does not accept the API key or the client certificate${said}`);
  }
  if (status === 404 || status === 405) return lapiError('path', `${status}: no LAPI at this path${said}`);
  if (status >= 300 && status < 400) {
    const hint = `redirects are not followed, they would carry the API key: put the final address in CROWDSEC_API_URL${place(location)}`;
    return lapiError('path', `${status}: LAPI's address redirects elsewhere`, hint);
  }
  if (status === 400 && detail.includes('HTTPS server')) {
    return lapiError(
      'tls',
      'plain HTTP sent to an HTTPS port',
      'write https:// instead of http:// in CROWDSEC_API_URL',
    );
  }
  return lapiError('server', `${status}: LAPI could not answer${said}`, HINTS.server, retryAfter);
}

/** The error for a key that cannot be sent: two lines, blanks inside, letters beyond ASCII. */
export function unusableKey(): BouncerError {
  return lapiError('auth', 'the API key holds a character that no key has');
}

/** Scheme, host and path of a redirect: a query might hold a secret. */
function place(location: string | undefined): string {
  const url = location === undefined ? null : URL.parse(location);
  return url ? ` (it leads to ${url.origin}${url.pathname.replace(/\/v1\/.*$/, '')})` : '';
}

/** How LAPI is asked. */
interface Route {
  readonly url: URL;
  readonly socketPath?: string | undefined;
  readonly proxy?: HttpProxy | undefined;
}

/** An error that tells everything already; axios wraps what a tunnel fails with. */
function ownError(error: unknown): BouncerError | undefined {
  if (error instanceof BouncerError) return error;
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  return cause instanceof BouncerError ? cause : undefined;
}

/**
 * The error for a request that brought no usable answer. The original is not attached as a cause: axios hangs the
 * request with its headers, and so the API key, on what it throws.
 */
export function requestError(error: unknown, { url, socketPath, proxy }: Route): BouncerError {
  const ours = ownError(error);
  if (ours) return ours;
  const host = socketPath === undefined ? url.host : `unix socket ${socketPath}`;
  if (error instanceof DeadlinePassed) return lapiError('timeout', `${host}: ${error.message}`);
  const code = networkErrorCode(error) || 'unknown';
  const socket = socketPath === undefined ? undefined : socketProblem(code, socketPath);
  if (socket) return lapiError('socket', socket.seen, socket.fix);
  const isProxys = ['dns', 'refused', 'timeout', 'unreachable'].includes(networkErrorKind(code));
  if (proxy && isProxys) return proxyFailure(proxy, error);
  if (code.startsWith('Z_')) return lapiError('protocol', `${host}: the compressed answer is damaged or cut off`);
  if (code.startsWith('HPE_')) return lapiError('protocol', `${host}: the answer is not HTTP`);
  const unverified = `tls: failed to verify certificate of ${host}`;
  switch (networkErrorKind(code)) {
    case 'dns':
      return lapiError('dns', `no such host: ${host}`);
    case 'refused':
      return lapiError('refused', `connection refused: ${host}`);
    case 'timeout':
      return lapiError('timeout', `${host}: no connection in time`);
    case 'untrusted': {
      const hint = [HINTS.tls, storeProblem()].filter((part) => part !== undefined).join('; ');
      return lapiError('tls', `${unverified}: signed by an unknown authority (${code})`, hint);
    }
    case 'wrong-name':
      return lapiError(
        'tls',
        `${unverified}: it is for another name`,
        'use in CROWDSEC_API_URL the host name that the certificate was made for',
      );
    case 'out-of-date':
      return lapiError(
        'tls',
        `${unverified}: not valid at this time (${code})`,
        "renew LAPI's certificate, and check this machine's clock",
      );
    case 'bad-certificate':
      return lapiError('tls', `${unverified} (${code})`);
    case 'handshake':
      return lapiError(
        'tls',
        `tls: no secure connection with ${host} (${code})`,
        'check that the port in CROWDSEC_API_URL speaks HTTPS (else write http://), and whether LAPI wants a client certificate',
      );
    default:
      return lapiError('network', `${host}: connection lost or not possible (${code})`);
  }
}
