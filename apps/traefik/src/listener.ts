import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, TransientError } from '@bouncer/stream';

/** A server that listens. */
export interface Listener {
  /** Where, as it turned out: port 0 takes any free one. */
  readonly port: number;
  readonly server: Server;
}

/**
 * Listens at `host:port`, `[v6]:port` or `:port` until the signal is aborted; then ends at once.
 * @throws TransientError when it cannot listen there.
 */
export async function listenAt(listen: string, handler: RequestListener, signal: AbortSignal): Promise<Listener> {
  const split = listen.lastIndexOf(':');
  const host = listen.slice(0, split).replace(/^\[|\]$/g, '');
  const server = createServer({ maxHeaderSize: 65_536, connectionsCheckingInterval: 5000 }, handler);
  // A proxy keeps its connections for a minute or more; when we closed first, a request under way would be lost.
  server.keepAliveTimeout = 120_000;
  server.headersTimeout = 15_000;
  server.requestTimeout = 15_000;
  try {
    server.listen(Number(listen.slice(split + 1)), host === '' ? undefined : host);
    await once(server, 'listening', { signal });
  } catch (error) {
    server.close();
    const hint = 'free the port, or choose another one in TRAEFIK_LISTEN';
    throw new TransientError(`TRAEFIK_LISTEN: ${messageOf(error)}`, { cause: error, hint });
  }
  signal.addEventListener(
    'abort',
    () => {
      server.close();
      server.closeAllConnections();
    },
    { once: true },
  );
  return { port: (server.address() as AddressInfo).port, server };
}
