import type { RequestListener } from 'node:http';
import { listenAt, type AtOnce, type ListenLimits, type Listening, type ServerTls } from '@bouncer/target';

/**
 * A proxy keeps its connections for a minute or more; when we closed first, a request under way would be lost. And it has
 * as many as it has visitors at once, each with all the headers that they sent.
 */
const limits: Partial<ListenLimits> = { request: 15_000, idle: 120_000, connections: 8192, headers: 65_536 };

/**
 * Answers proxies at `host:port`, `[v6]:port` or `:port` until the signal is aborted; then ends at once.
 * @returns the port, as it turned out.
 * @throws TransientError when it cannot listen there.
 */
export async function listenForProxies(
  listen: string,
  handler: RequestListener,
  signal: AbortSignal,
  more: Partial<ListenLimits> = {},
): Promise<number> {
  const all = { ...limits, ...more };
  const { port } = await listenAt({ listen, variable: 'TRAEFIK_LISTEN', handler, signal, limits: all });
  return port;
}

/**
 * The same by TLS, in HTTP/2: Traefik keeps two idle connections of HTTP/1, and opens a new one for most requests of a busy
 * site; of HTTP/2 one takes them all.
 */
export function listenForTls(
  listen: string,
  { handler, atOnce }: { readonly handler: RequestListener; readonly atOnce: AtOnce },
  signal: AbortSignal,
  tls: Pick<ServerTls, 'cert' | 'key'>,
): Promise<Listening> {
  const all = { ...tls, http2: true };
  return listenAt({ listen, variable: 'TRAEFIK_LISTEN_TLS', handler, atOnce, signal, limits, tls: all });
}
