import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of a line of commands: those that go on to HAProxy, and whether the line is cut behind them. */
export interface Verdict {
  readonly commands: string;
  readonly isCut?: boolean;
}

/** Stands between the connector and HAProxy's socket: one line of commands a connection, each of which can go wrong. */
export class SocketLink implements AsyncDisposable {
  /** Connections so far. */
  connections = 0;
  isHanging = false;
  /** Judges the next lines; undefined lets them pass. */
  intercept: ((line: string) => Verdict | undefined | Promise<Verdict | undefined>) | undefined;
  readonly #socket: string;
  readonly #open = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  static async start(socket: string): Promise<SocketLink> {
    const link = new SocketLink(socket);
    await link.up();
    return link;
  }

  /** `127.0.0.1:port`: as HAPROXY_SOCKET takes it. */
  get place(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async up(): Promise<void> {
    this.#server = createServer((client) => {
      this.connections += 1;
      this.#open.add(client);
      client.on('error', () => undefined).on('close', () => this.#open.delete(client));
      client.once('data', (line: Buffer) => {
        void this.#pass(line.toString(), client);
      });
    }).listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** From now on connections are refused. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    this.hangUp();
    if (server) await once(server, 'close');
  }

  hangUp(): void {
    for (const client of this.#open) client.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }

  async #pass(line: string, client: Socket): Promise<void> {
    if (this.isHanging) return;
    const { commands, isCut = false } = (await this.intercept?.(line)) ?? { commands: line };
    const server = connect(this.#socket);
    server.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => server.destroy());
    if (!isCut) {
      server.pipe(client);
      server.write(commands);
      return;
    }
    // What HAProxy makes of it nobody hears; it has made it by the time it closes.
    server.resume().on('end', () => client.destroy());
    server.end(commands);
  }
}
