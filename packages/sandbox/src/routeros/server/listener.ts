import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import type { RouterOsOptions } from '../device/options.ts';
import { Connection } from './connection.ts';
import type { Shared } from './connection.ts';

const MAX_SESSIONS = 20;

/** The port: who is let in, and the ways in which it can be cut off. */
export class Listener {
  readonly #shared: Shared;
  readonly #server: Server;
  #tls: SecureContext | undefined;
  /** Every accepted TCP socket, with its session once there is one. */
  readonly #sockets = new Map<Socket, Connection | undefined>();
  #hanging = false;
  /** Accepted while hanging: not served until `resume`. */
  #waiting: Socket[] = [];
  #port: number;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#port = shared.options.port ?? 0;
    shared.router.sessions = () => [...this.#sockets.keys()].map(remoteOf);
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#accept(socket);
    });
    this.#tls = shared.options.tls && secureContext(shared.options.tls);
  }

  get host(): string {
    return this.#shared.options.host ?? '127.0.0.1';
  }

  get port(): number {
    return this.#port;
  }

  /** Open connections. */
  get open(): number {
    return this.#sockets.size;
  }

  connections(): Connection[] {
    return [...this.#sockets.values()].filter((connection) => connection !== undefined);
  }

  /** The certificate of the next connections. */
  useCertificate(tls: { readonly key: string; readonly cert: string }): void {
    this.#tls = secureContext(tls);
  }

  /** Opens the port; the same one again after `refuse`. */
  async listen(): Promise<void> {
    if (this.#server.listening) return;
    this.#server.listen(this.#port, this.host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#shared.router.port = this.#port;
  }

  /** Closes the port and cuts every connection. */
  async refuse(): Promise<void> {
    this.kill();
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  /** RST to all. */
  kill(): void {
    for (const [socket, connection] of this.#sockets) {
      if (connection) connection.reset();
      else socket.resetAndDestroy();
    }
  }

  /** Connections are accepted and bytes taken, nothing is answered. */
  hang(): void {
    this.#hanging = true;
    this.#shared.executor.pause();
    for (const connection of this.connections()) connection.freeze();
  }

  /** Goes on, also with what was sent meanwhile. */
  resume(): void {
    if (!this.#hanging) return;
    this.#hanging = false;
    for (const connection of this.connections()) connection.wake();
    for (const socket of this.#waiting) if (!socket.destroyed) this.#admit(socket);
    this.#waiting = [];
    this.#shared.executor.resume();
  }

  #accept(socket: Socket): void {
    this.#shared.router.counters.connections += 1;
    this.#sockets.set(socket, undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    if (this.#hanging) this.#waiting.push(socket);
    else this.#admit(socket);
  }

  /** A client that is not welcome sees the connection accepted and closed, and not a byte. */
  #admit(socket: Socket): void {
    const { maxSessions = MAX_SESSIONS } = this.#shared.options;
    const { availableFrom } = this.#shared.router;
    const from = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
    const isWelcome = !availableFrom || availableFrom.includes(from);
    if (!isWelcome && this.#shared.options.limitsSilently) return;
    if (this.#sockets.size > maxSessions || !isWelcome) {
      socket.destroy();
      return;
    }
    if (this.#tls) this.#admitTls(socket, this.#tls);
    else this.#serve(socket, socket);
  }

  #admitTls(raw: Socket, secureContext: SecureContext): void {
    const socket = new TLSSocket(raw, { isServer: true, secureContext });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => raw.destroy());
    socket.once('secure', () => {
      this.#serve(socket, raw);
    });
  }

  #serve(socket: Socket, raw: Socket): void {
    const connection = new Connection(socket, raw, this.#shared);
    this.#sockets.set(raw, connection);
    if (this.#hanging) connection.freeze();
  }
}

/** What api-ssl speaks: at most TLS 1.2, and only anonymous ciphers while it has no certificate. */
function secureContext(tls: NonNullable<RouterOsOptions['tls']>): SecureContext {
  if (tls === 'anonymous') {
    return createSecureContext({
      ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0',
      dhparam: 'auto',
      maxVersion: 'TLSv1.2',
    });
  }
  return createSecureContext({ key: tls.key, cert: tls.cert, maxVersion: 'TLSv1.2' });
}

function remoteOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress}:${String(remotePort)}`;
}
