import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { messageOf, TransientError } from '@bouncer/stream';
import { answerAtOnce, type AtOnce } from './answer-at-once.ts';
import { makeRoom } from './make-room.ts';
import type { Connections } from './make-room.ts';

/** What a client may take from a server. Times are in milliseconds. */
export interface ListenLimits {
  /** A whole request, from the first moment of its connection to the last byte of its body; a handshake of TLS as well. */
  readonly request: number;
  /** Between two requests of one connection. */
  readonly idle: number;
  /** Without a byte in either direction, also of an answer that nobody reads. */
  readonly stalled: number;
  /** Connections at once: when there is one more, another one ends; see `makeRoom`. */
  readonly connections: number;
  /** Bytes of all headers. */
  readonly headers: number;
}

/** Certificate and key, in PEM. */
export interface ServerTls {
  readonly cert: Buffer | string;
  readonly key: Buffer | string;
  /** HTTP/2 for clients that ask for it (ALPN), HTTP/1.1 for others. */
  readonly http2?: boolean;
}

/** Where to listen, and how. */
export interface ListenOptions {
  /** `host:port`, `[v6]:port`, `:port` (0 takes any free one), or the path of a socket. */
  readonly listen: string;
  /** The setting that says so, for errors: `TRAEFIK_LISTEN`. */
  readonly variable: string;
  readonly handler: RequestListener;
  /** Over HTTP/2: asked before the handler. */
  readonly atOnce?: AtOnce | undefined;
  readonly limits?: Partial<ListenLimits> | undefined;
  /** Certificate and key in PEM: then it is HTTPS. */
  readonly tls?: ServerTls | undefined;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal;
  /** Told of trouble with the socket while it listens, such as too many open files. Default: nobody. */
  readonly onTrouble?: (error: Error) => void;
}

/** A server that listens. */
export interface Listening {
  /** Where, as it turned out: an address, or the path of a socket. */
  readonly host: string;
  /** 0 for the path of a socket. */
  readonly port: number;
  /** Ends at once, open connections included. Never rejects, and may be called again. */
  close(): Promise<void>;
  /** From the next connection on, where it is HTTPS. */
  setTls(tls: Pick<ServerTls, 'cert' | 'key'>): void;
}

type AnyServer = Server | TlsServer | Http2SecureServer;

const defaults: ListenLimits = { request: 10_000, idle: 5000, stalled: 30_000, connections: 64, headers: 8192 };
/** How often Node looks for requests that take too long, in milliseconds. */
const lookIntervalMs = 5000;

/**
 * An HTTP server that nobody holds by being slow, or by being many: who is slow is cut, and who comes when all places are
 * taken gets the place of somebody who does nothing with it.
 * @throws TransientError when it cannot listen there.
 */
export async function listenAt(options: ListenOptions): Promise<Listening> {
  const { listen, variable, signal, onTrouble } = options;
  const server = await serverFor(options);
  const connections = makeRoom(server, { ...defaults, ...options.limits }.connections);
  try {
    server.listen(placeOf(listen));
    await once(server, 'listening', { ...(signal && { signal }) });
  } catch (error) {
    server.close();
    const hint = `free the port, or choose another one in ${variable}`;
    throw new TransientError(`${variable}: ${messageOf(error)}`, { cause: error, hint });
  }
  // Without a listener an error of one connection would end the process.
  server.on('error', onTrouble ?? (() => undefined));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= end(server, connections));
  signal?.addEventListener('abort', () => void close(), { once: true });
  const { address, port } = addressOf(server, listen);
  const setTls = (tls: Pick<ServerTls, 'cert' | 'key'>): void => {
    if ('setSecureContext' in server) server.setSecureContext({ ...tls });
  };
  return { host: address, port, close, setTls };
}

async function serverFor({ handler, atOnce, limits, tls }: ListenOptions): Promise<AnyServer> {
  const { request, idle, stalled, headers } = { ...defaults, ...limits };
  const options = {
    maxHeaderSize: headers,
    headersTimeout: request,
    requestTimeout: request,
    keepAliveTimeout: idle,
    connectionsCheckingInterval: Math.min(lookIntervalMs, request),
  };
  if (tls?.http2 === true) {
    // Loaded where it is used: it takes 2 MB.
    const { createSecureServer } = await import('node:http2');
    const more = { allowHTTP1: true, handshakeTimeout: request, settings: { maxHeaderListSize: headers } };
    const server = createSecureServer({ ...options, ...more, cert: tls.cert, key: tls.key });
    // Its requests and answers are those of HTTP/1 in all that a handler uses.
    server.on('request', handler as never);
    if (atOnce) answerAtOnce(server, atOnce);
    // A session without a request: a proxy keeps one, and may find out that it has ended only with the next request.
    server.setTimeout(Math.max(idle, stalled));
    return server;
  }
  const server = tls
    ? createTlsServer({ ...options, cert: tls.cert, key: tls.key, handshakeTimeout: request }, handler)
    : createServer(options, handler);
  server.timeout = stalled;
  return server;
}

async function end(server: AnyServer, connections: Connections): Promise<void> {
  const closed = once(server, 'close').catch(() => undefined);
  server.close();
  // Those of Node's own list are not all: one that has not finished its handshake would be waited for.
  connections.endAll();
  await closed;
}

function addressOf(server: AnyServer, path: string): Pick<AddressInfo, 'address' | 'port'> {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address : { address: path, port: 0 };
}

function placeOf(listen: string): { path: string } | { host: string | undefined; port: number } {
  if (listen.startsWith('/')) return { path: listen };
  const split = listen.lastIndexOf(':');
  const host = listen.slice(0, split).replace(/^\[|\]$/g, '');
  return { host: host === '' ? undefined : host, port: Number(listen.slice(split + 1)) };
}
