import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CertifiedKey } from '../certificates/certificate-authority.ts';

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A request that was made. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
}

/** Serves JSON on loopback; every request is kept. */
export class ApiServer {
  readonly requests: ApiRequest[] = [];
  /** Answers instead while it gives something; `cut` ends the connection without a word. */
  intercept: ((request: ApiRequest) => ApiAnswer | 'cut' | undefined) | undefined;
  readonly #server: Server;

  readonly #scheme: string;

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
  }

  /** With `tls` it speaks HTTPS. */
  static async start(answer: (request: ApiRequest) => ApiAnswer, tls?: CertifiedKey): Promise<ApiServer> {
    const listener = (message: IncomingMessage, response: ServerResponse): void => {
      void handle(message, response);
    };
    const server = tls ? createTlsServer(tls, listener) : createServer(listener);
    const api = new ApiServer(server, tls ? 'https' : 'http');
    async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
      const chunks: Buffer[] = [];
      for await (const chunk of message) chunks.push(chunk as Buffer);
      const url = new URL(message.url ?? '/', 'http://api');
      const text = Buffer.concat(chunks).toString();
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      const request = {
        method: message.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        body,
        headers: message.headers,
      };
      api.requests.push(request);
      const told = api.intercept?.(request) ?? answer(request);
      if (told === 'cut') {
        message.socket.destroy();
        return;
      }
      const bytes = Buffer.from(JSON.stringify(told.body));
      response
        .writeHead(told.status, { 'content-type': 'application/json', 'content-length': bytes.length })
        .end(bytes);
    }
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return api;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
