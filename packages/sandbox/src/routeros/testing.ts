import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { encodeSentence, textOfWord, wordOfText } from './protocol/codec.ts';
import { SentenceReader } from './protocol/sentence-reader.ts';

/** What came back for one command: `!re` rows, the last sentence's words, trap messages. */
export interface Outcome {
  readonly rows: Record<string, string>[];
  readonly traps: string[];
  readonly ret: string | undefined;
  /** Every sentence, words as text. */
  readonly sentences: string[][];
}

/** A small client for the emulator's own tests, so that they do not stand or fall with the product's client. */
export class TestClient implements AsyncDisposable {
  readonly socket: Socket;
  /** Sentences nobody waited for. */
  readonly strays: string[][] = [];
  readonly #reader = new SentenceReader(64 * 1024 * 1024);
  readonly #open = new Map<
    string,
    { sentences: string[][]; resolve: (outcome: Outcome) => void; reject: (error: Error) => void }
  >();
  #next = 0;
  /** Settles when the connection is gone. */
  readonly closed: Promise<void>;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    });
    socket.on('data', (bytes: Buffer) => {
      for (const words of this.#reader.push(bytes)) this.#take(words.map(textOfWord));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { reject } of this.#open.values()) reject(new Error('connection closed'));
    });
  }

  static async connect(port: number): Promise<TestClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new TestClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Connected and logged in as the default user. */
  static async login(port: number, name = 'crowdsec', password = 'secret'): Promise<TestClient> {
    const client = await TestClient.connect(port);
    await client.run('/login', `=name=${name}`, `=password=${password}`);
    return client;
  }

  /** Sends words with a tag of its own; settles with the `!done`. */
  run(...words: string[]): Promise<Outcome> {
    this.#next += 1;
    const tag = `t${this.#next}`;
    const outcome = new Promise<Outcome>((resolve, reject) => {
      this.#open.set(tag, { sentences: [], resolve, reject });
    });
    outcome.catch(() => undefined);
    this.send(...words, `.tag=${tag}`);
    return outcome;
  }

  send(...words: string[]): void {
    this.socket.write(encodeSentence(words.map(wordOfText)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #take(words: string[]): void {
    const tag = words.find((word) => word.startsWith('.tag='))?.slice(5);
    const open = tag === undefined ? undefined : this.#open.get(tag);
    if (!open || tag === undefined) {
      this.strays.push(words);
      return;
    }
    open.sentences.push(words);
    if (words[0] !== '!done') return;
    this.#open.delete(tag);
    open.resolve(outcomeOf(open.sentences));
  }
}

function outcomeOf(sentences: string[][]): Outcome {
  const of = (reply: string) => sentences.filter(([first]) => first === reply).map(attributesOf);
  return {
    rows: of('!re'),
    traps: of('!trap').map(({ message }) => message ?? ''),
    ret: of('!done')[0]?.ret,
    sentences,
  };
}

function attributesOf(words: string[]): Record<string, string> {
  const pairs = words.filter((word) => word.startsWith('=')).map((word) => word.slice(1).split('='));
  return Object.fromEntries(pairs.map(([name = '', ...value]) => [name, value.join('=')]));
}
