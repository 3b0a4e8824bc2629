import { request, Agent as HttpAgent } from 'node:http';
import type { Duplex } from 'node:stream';
import { TransientError } from './errors.ts';
import { explainNetworkError } from '../net/network-error.ts';

/** An http proxy on the way to LAPI (CROWDSEC_PROXY). */
export interface HttpProxy {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** `proxy.lan:3128`, for people: without user and password. */
  readonly name: string;
  /** `user:password`, decoded; never shown. */
  readonly credentials?: string | undefined;
}

/** Milliseconds in which a proxy has to say whether it makes a tunnel. */
const CONNECT_MS = 15_000;

/** Reads a proxy's URL: `http://user:password@proxy.lan:3128`, or `host:port`. Undefined for what is none. */
export function parseHttpProxy(text: string): HttpProxy | undefined {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const isBare = url && url.protocol === 'http:' && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === '';
  if (!isBare || url.hostname === '') return undefined;
  const port = url.port === '' ? 80 : Number(url.port);
  const credentials = url.username === '' ? undefined : `${decode(url.username)}:${decode(url.password)}`;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, name: `${url.hostname}:${port}`, credentials };
}

/** What the proxy wants to be sent, when it asks for a name. */
export function proxyHeaders({ credentials }: HttpProxy): Record<string, string> {
  if (credentials === undefined) return {};
  return { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/**
 * A tunnel to `host:port` by CONNECT. Rejects with a TransientError of kind `proxy`, whose hint says what to do; the
 * password is in none of its words.
 */
export function openTunnel(proxy: HttpProxy, target: string, signal?: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const call = request({
      host: proxy.host,
      port: proxy.port,
      method: 'CONNECT',
      path: target,
      headers: { Host: target, ...proxyHeaders(proxy) },
      // One of its own: a tunnel is never shared.
      agent: new HttpAgent(),
      timeout: CONNECT_MS,
      signal,
    });
    call.on('timeout', () => call.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    call.on('error', (error) => {
      reject(proxyFailure(proxy, error));
    });
    const answered = (status: number): void => {
      call.destroy();
      reject(proxyRefusal(proxy, status, `a tunnel to ${target}`));
    };
    call.on('connect', (response, socket) => {
      if (response.statusCode === 200) {
        // Its time limit was for the answer: the requests have their own.
        socket.setTimeout(0);
        resolve(socket);
      } else {
        socket.destroy();
        answered(response.statusCode ?? 0);
      }
    });
    call.on('response', (response) => {
      answered(response.statusCode ?? 0);
    });
    call.end();
  });
}

/** The error for a proxy that cannot be reached. */
export function proxyFailure({ name }: HttpProxy, error: unknown): TransientError {
  const { message } = explainNetworkError(error, { name: `proxy ${name}`, hints: {} });
  return new TransientError(message, {
    kind: 'proxy',
    hint: 'check CROWDSEC_PROXY, and that the proxy runs and listens there; without a proxy leave it out',
  });
}

/** The error for a proxy that answers, and does not let us through. */
export function proxyRefusal({ name, credentials }: HttpProxy, status: number, what: string): TransientError {
  if (status === 407) {
    const given = credentials === undefined ? 'asks for a user and a password' : 'does not take the user and password';
    const hint =
      'write them into CROWDSEC_PROXY: http://USER:PASSWORD@HOST:PORT, special characters as %40 and the like';
    return new TransientError(`407: proxy ${name} ${given}`, { kind: 'proxy', hint });
  }
  const hint =
    status >= 500
      ? 'the proxy cannot reach LAPI: check host and port in CROWDSEC_API_URL as the proxy sees them'
      : "let the proxy's rules allow this host and port, or leave CROWDSEC_PROXY out if LAPI can be reached without";
  return new TransientError(`${status}: proxy ${name} refuses ${what}`, { kind: 'proxy', hint });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * True for an answer to a plain request that must be the proxy's own: LAPI says what it has to say as JSON, and a 403 of a
 * proxy taken for LAPI's would send people after their key.
 */
export function isProxyAnswer(status: number, contentType = ''): boolean {
  return status === 407 || (!contentType.includes('json') && (status === 403 || status >= 500));
}
