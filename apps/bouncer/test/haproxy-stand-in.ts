import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** What it does with the next commands. `cut`: half of those that change the ACL, then it hangs up; it is well again then. */
export type Mood = 'well' | 'hang' | 'cut';

/** The runtime API of an HAProxy with one ACL, as far as the connector asks it. */
export class HaproxyStandIn {
  readonly rows = new Set<string>();
  mood: Mood = 'well';
  readonly #socket: string;
  readonly #acl: string;
  readonly #open = new Set<Socket>();
  #server: Server | undefined;

  constructor(socket: string, acl: string) {
    this.#socket = socket;
    this.#acl = acl;
  }

  async up(): Promise<void> {
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.on('error', () => undefined).on('close', () => this.#open.delete(socket));
      socket.once('data', (line: Buffer) => {
        this.#take(line.toString().trim().split(';'), socket);
      });
    }).listen(this.#socket);
    await once(this.#server, 'listening');
  }

  /** From now on nobody listens there. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    this.hangUp();
    if (server) await once(server, 'close');
  }

  hangUp(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #take(commands: readonly string[], socket: Socket): void {
    if (this.mood === 'hang') return;
    const isCut = this.mood === 'cut' && commands.some((command) => command.startsWith('add '));
    if (!isCut) {
      socket.end(commands.map((command) => this.#answer(command)).join(''));
      return;
    }
    this.mood = 'well';
    for (const command of commands.slice(0, commands.length >> 1)) this.#answer(command);
    socket.destroy();
  }

  #answer(command: string): string {
    const [word, , , text = ''] = command.split(' ');
    if (command === 'show info') return 'Name: HAProxy\nVersion: 2.6.12\nPid: 7\nStart_time_sec: 1\n\n';
    if (command === 'show acl') {
      const uses = `pattern loaded from file '${this.#acl}' used by acl at file 'h.cfg' line 9`;
      const count = `curr_ver=0 next_ver=0 entry_cnt=${this.rows.size}`;
      return `# id (file) description\n0 (${this.#acl}) ${uses}. ${count}\n\n`;
    }
    if (word === 'show') return `${[...this.rows].map((row) => `0x1 ${row}\n`).join('')}\n`;
    if (word === 'add') this.rows.add(text);
    if (word === 'del') this.rows.delete(text);
    return '\n';
  }
}
