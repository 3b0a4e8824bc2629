import type { Socket } from 'node:net';
import { TransientError, withTimeout, type Clock } from '@bouncer/stream';
import { Framer, notRouterOs } from './framer.ts';
import { attribute, encodeSentence } from './sentence.ts';
import type { Sentence } from './sentence.ts';

/** No sentence at all for so long, while something is asked: the device is gone. Milliseconds. @internal */
export const SILENCE_TIMEOUT_MS = 30_000;
/** The same while it looks through a menu, which it does without a word. Milliseconds. */
const SCAN_SILENCE_TIMEOUT_MS = 45_000;
/** No sentence for one command for so long, although others are answered. Milliseconds. @internal */
export const COMMAND_TIMEOUT_MS = 120_000;
const WATCH_INTERVAL_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

const RET = attribute('ret');
const MESSAGE = attribute('message');

/** How a command ended. */
export interface Reply {
  /** Value of `=ret=`: the new row's id after `add`, the number after `count-only`. */
  readonly ret?: string | undefined;
  /** Text of the first `!trap`; undefined when the command went well. */
  readonly trap?: string | undefined;
}

/** What is told about one command. Exactly one of `done` and `failed` is called, once. */
export interface Listener {
  /** For each row, while it is still in the receive buffer. */
  row?(sentence: Sentence): void;
  done(reply: Reply): void;
  /** The connection was lost: whether the command was carried out is not known. */
  failed(error: Error): void;
}

/** What is known about a command beforehand. */
export interface CommandKind {
  /** It looks through a menu: the router may be silent for long. */
  readonly isScan?: boolean;
}

interface Pending extends CommandKind {
  readonly listener: Listener;
  heardAt: number;
  trap: string | undefined;
}

/**
 * One connection on the level of sentences: tags, rows, deadlines and the end of it. Every command that was sent ends,
 * also when the device goes silent or away. Sentences of one tick go out in one write.
 */
export class Link {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #framer = new Framer();
  readonly #pending = new Map<number, Pending>();
  readonly #stopped = new AbortController();
  #outgoing: Buffer[] = [];
  #lastTag = 0;
  #heardAt = 0;
  #watching = false;
  #error: Error | undefined;

  /** Takes every sentence but `!fatal` while set: the login, which is the library's. */
  onLogin: ((sentence: Sentence) => void) | undefined;

  /** Resolves with the cause when the connection is over; never rejects. */
  readonly ended: Promise<Error>;
  #end: (error: Error) => void = () => undefined;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Why the connection is over; undefined while it is alive. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Sends a command under a tag of its own. */
  send(words: readonly string[], listener: Listener, kind: CommandKind = {}): void {
    if (this.#error) {
      listener.failed(this.#error);
      return;
    }
    const tag = ++this.#lastTag;
    const now = this.#clock.now();
    if (this.#pending.size === 0) this.#heardAt = now;
    this.#pending.set(tag, { ...kind, listener, heardAt: now, trap: undefined });
    this.transmit([...words, `.tag=${String(tag)}`]);
    if (!this.#watching) void this.#watch();
  }

  /** The router was seen to live by another connection. */
  lives(): void {
    this.#heardAt = this.#clock.now();
  }

  /** Queues one sentence; all of one tick leave together. */
  transmit(words: readonly string[]): void {
    if (this.#error) return;
    if (this.#outgoing.push(encodeSentence(words)) > 1) return;
    queueMicrotask(() => {
      const outgoing = this.#outgoing;
      this.#outgoing = [];
      if (this.#error) return;
      const [first] = outgoing;
      this.#socket.write(outgoing.length === 1 && first ? first : Buffer.concat(outgoing));
    });
  }

  /**
   * Takes what came from the socket, and gives its memory back. Never throws: what cannot be understood ends the
   * connection.
   */
  receive(chunk: Buffer): void {
    if (this.#error) return;
    try {
      this.#framer.push(chunk, (sentence) => {
        if (!this.#error) this.#dispatch(sentence);
      });
    } catch (error) {
      this.fail(error as Error);
    }
    release(chunk);
  }

  /** Ends the connection at once; all that is pending fails with this error. */
  fail(error: Error): void {
    if (this.#error) return;
    this.#error = error;
    this.#stopped.abort(error);
    this.#socket.destroy();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { listener } of pending) listener.failed(error);
    this.#end(error);
  }

  /** Ends the connection politely, and anyway after a second. Never throws. */
  async close(): Promise<void> {
    if (this.#error) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', resolve));
    const end = new TransientError('the connection was closed');
    this.#socket.end();
    await withTimeout(
      () => closed,
      CLOSE_TIMEOUT_MS,
      this.#clock,
      undefined,
      () => end,
    ).catch(() => undefined);
    this.fail(end);
  }

  #dispatch(sentence: Sentence): void {
    const kind = sentence.kind;
    if (kind === 'fatal') {
      this.fail(
        new TransientError(`the router ended the connection: ${sentence.attributes().join(' ') || 'no reason'}`),
      );
      return;
    }
    if (kind === 'other') throw notRouterOs(JSON.stringify(sentence.word(0).slice(0, 40)));
    if (this.onLogin) {
      this.onLogin(sentence);
      return;
    }
    const tag = sentence.tagNumber;
    // A reply to a command that we do not know: nothing is waiting for it, so nothing can be wrong with it.
    const pending = tag === undefined ? undefined : this.#pending.get(tag);
    if (tag === undefined || !pending) return;
    this.#heardAt = pending.heardAt = this.#clock.now();
    switch (kind) {
      case 're':
        pending.listener.row?.(sentence);
        return;
      case 'trap':
        pending.trap ??= sentence.value(MESSAGE) ?? 'no message';
        return;
      case 'empty':
        // RouterOS 7.18 and newer: no rows. `!done` follows.
        return;
      case 'done':
        this.#pending.delete(tag);
        pending.listener.done({ ret: sentence.value(RET), trap: pending.trap });
    }
  }

  /** Runs while commands are pending, and one interval longer. */
  async #watch(): Promise<void> {
    this.#watching = true;
    try {
      while (this.#pending.size > 0) {
        await this.#clock.sleep(WATCH_INTERVAL_MS, this.#stopped.signal);
        this.#checkDeadlines();
      }
    } catch {
      // Stopped: the connection is over.
    } finally {
      this.#watching = false;
    }
  }

  #checkDeadlines(): void {
    const now = this.#clock.now();
    let oldest = now;
    let limit = SILENCE_TIMEOUT_MS;
    for (const { heardAt, isScan = false } of this.#pending.values()) {
      oldest = Math.min(oldest, heardAt);
      if (isScan) limit = SCAN_SILENCE_TIMEOUT_MS;
    }
    const silent = this.#pending.size > 0 && now - this.#heardAt >= limit;
    if (!silent && now - oldest < COMMAND_TIMEOUT_MS) return;
    const seconds = Math.round((now - (silent ? this.#heardAt : oldest)) / 1000);
    this.fail(
      new TransientError(`the router has not answered for ${seconds} s`, {
        hint: 'it may be overloaded or rebooting: look at /system/resource/print and /tool/profile',
      }),
    );
  }
}

/**
 * Frees a receive buffer now and not at some garbage collection: a listing of 100,000 rows comes in 15 MB of them.
 * Only a buffer that is the whole of its memory, as sockets make them, and not a part of a shared pool.
 */
function release(chunk: Buffer): void {
  const memory = chunk.buffer as ArrayBuffer & { transfer?: (length: number) => ArrayBuffer };
  if (chunk.byteOffset === 0 && chunk.length === memory.byteLength) memory.transfer?.(0);
}
