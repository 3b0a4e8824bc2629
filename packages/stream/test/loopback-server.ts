import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server on loopback that lives as long as the test. */
export interface LoopbackServer {
  readonly port: number;
  /** Method and address of every request, in order. */
  readonly requests: string[];
  /** Headers of every request. */
  readonly headers: IncomingMessage['headers'][];
  /** Connections taken. */
  connections: number;
}

/** Serves plain HTTP, or HTTPS when given `tls`. */
export async function serve(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  tls?: ServerOptions,
): Promise<LoopbackServer> {
  const listener: RequestListener = (request, response) => {
    seen.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    seen.headers.push(request.headers);
    handler(request, response);
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  const seen = { requests: [] as string[], headers: [] as IncomingMessage['headers'][], connections: 0, port: 0 };
  server.on('connection', () => seen.connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  seen.port = (server.address() as AddressInfo).port;
  return seen;
}

/** Answers everything with this body. */
export function answer(body: string | Buffer, status = 200, headers: Record<string, string> = {}) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };
}
