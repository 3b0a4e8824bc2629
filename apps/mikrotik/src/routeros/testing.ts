import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Framer } from './framer.ts';
import { encodeSentence } from './sentence.ts';

/** A server that plays RouterOS as badly as a test wants it: each sentence it gets is answered by the test. */
export class ScriptedServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What came in, sentence by sentence. */
  readonly received: string[][] = [];
  /** How many pieces it came in. */
  chunks = 0;

  private constructor(answer: (words: string[], socket: Socket) => readonly (readonly string[])[]) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      const framer = new Framer();
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        this.chunks++;
        framer.push(chunk, (sentence) => {
          const words = Array.from({ length: sentence.size }, (_, index) => sentence.word(index));
          this.received.push(words);
          const reply = answer(words, socket);
          if (reply.length > 0 && !socket.destroyed) socket.write(Buffer.concat(reply.map(encodeSentence)));
        });
      });
    });
  }

  /** Listens on a free port of loopback. `answer` gives the sentences that are sent back; it may destroy the socket. */
  static async start(
    answer: (words: string[], socket: Socket) => readonly (readonly string[])[],
  ): Promise<ScriptedServer> {
    const server = new ScriptedServer(answer);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** The tag of a sentence. */
export function tagOf(words: readonly string[]): string {
  return words.find((word) => word.startsWith('.tag=')) ?? '';
}
