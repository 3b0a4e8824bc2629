import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener, Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Certificates of a TLS listener; PEM texts. */
export interface ListenerTls {
  readonly cert: string;
  readonly key: string;
  /** CA of client certificates: they are asked for, and a given one must be of this CA. */
  readonly clientCa?: string;
}

/** What Go's server writes to one who speaks plain HTTP to a TLS port. */
const plainRefusal = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

/** First byte of a TLS handshake record. */
const handshake = 0x16;

/**
 * A listener on one port that can go down and come up again there. With TLS, a client that speaks plain HTTP gets the
 * 400 that Go's server gives it.
 */
export class Listener {
  readonly #options: { readonly host: string; readonly tls?: ListenerTls };
  readonly #handler: RequestListener;
  readonly #sockets = new Set<Socket>();
  #front: Server | undefined;
  #port: number;

  constructor(options: { host: string; port: number; tls?: ListenerTls }, handler: RequestListener) {
    this.#options = options;
    this.#handler = handler;
    this.#port = options.port;
  }

  /** The port; known once it was up. */
  get port(): number {
    return this.#port;
  }

  /** Open connections. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Starts to listen. Does nothing when it does already. */
  async up(): Promise<void> {
    if (this.#front) return;
    const { tls, host } = this.#options;
    const server = tls ? secureServer(tls, this.#handler) : patient(createHttpServer(this.#handler));
    const front = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      if (!tls) {
        server.emit('connection', socket);
        return;
      }
      socket.once('data', (first) => {
        if (first[0] !== handshake) {
          socket.end(plainRefusal);
          return;
        }
        socket.pause();
        socket.unshift(first);
        server.emit('connection', socket);
      });
    });
    this.#front = front;
    front.listen(this.#port, host);
    await once(front, 'listening');
    this.#port = (front.address() as AddressInfo).port;
  }

  /** Cuts every connection and stops to listen: from now on it is refused. */
  async down(): Promise<void> {
    const front = this.#front;
    if (!front) return;
    this.#front = undefined;
    const closed = once(front, 'close');
    front.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function secureServer(tls: ListenerTls, handler: RequestListener): HttpServer {
  const server = createHttpsServer(
    {
      cert: tls.cert,
      key: tls.key,
      ...(tls.clientCa !== undefined && { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
    },
    handler,
  );
  // Go's VerifyClientCertIfGiven: none is fine, a wrong one ends the handshake.
  server.on('secureConnection', (socket) => {
    const given = Object.keys(socket.getPeerCertificate()).length > 0;
    if (tls.clientCa !== undefined && given && !socket.authorized) socket.destroy();
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return patient(server);
}

/** Go keeps an idle connection open for ever; so do we. */
function patient<S extends HttpServer>(server: S): S {
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  return server;
}
