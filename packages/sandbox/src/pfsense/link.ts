import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the network between us and the firewall does. */
export type LinkMood = 'open' | 'refuse' | 'hang';

/** A TCP relay that can be cut, also after a number of bytes. */
export class Link {
  readonly #server: Server;
  /** Port of the sshd that is reached; another one is somebody in between. */
  target: number;
  readonly host: string;
  readonly port: number;
  readonly #sockets = new Set<Socket>();
  mood: LinkMood = 'open';
  /** Connections that were opened so far. */
  connections = 0;
  /** Bytes that the client has sent so far. */
  sent = 0;
  #cutAt = Infinity;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.target = target;
    ({ address: this.host, port: this.port } = server.address() as AddressInfo);
    server.on('connection', (socket) => {
      this.#relay(socket);
    });
  }

  /** Relays to a port of the loopback; `host` is the address that it listens on. */
  static async start(target: number, host = '127.0.0.1'): Promise<Link> {
    const server = createServer();
    server.listen(0, host);
    await once(server, 'listening');
    return new Link(server, target);
  }

  /** Cuts every connection once so many more bytes came from the client. */
  cutAfter(bytes: number): void {
    this.#cutAt = this.sent + bytes;
  }

  /** A cut is still to come. */
  get willBeCut(): boolean {
    return this.#cutAt !== Infinity;
  }

  /** Cuts every connection now. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Cuts every connection and listens no more: from now on it is refused. */
  down(): void {
    this.#server.close();
    this.cut();
  }

  /** Listens again on the same port. */
  async up(): Promise<void> {
    this.#server.listen(this.port, this.host);
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #relay(client: Socket): void {
    this.connections += 1;
    this.#keep(client);
    if (this.mood === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    if (this.mood === 'hang') return;
    const server = connect(this.target, '127.0.0.1');
    this.#keep(server);
    // A network adds no waiting of its own to what the ends do.
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (chunk: Buffer) => {
      if (this.mood === 'hang') return;
      const room = this.#cutAt - this.sent;
      this.sent += chunk.length;
      if (chunk.length < room) {
        if (!server.write(chunk)) client.pause();
        return;
      }
      // What came before the cut arrives; then the line is dead.
      this.#cutAt = Infinity;
      server.end(chunk.subarray(0, room));
      client.resetAndDestroy();
    });
    server.on('drain', () => client.resume());
    server.on('data', (chunk: Buffer) => {
      if (this.mood !== 'hang') client.write(chunk);
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
