import type { Outlet } from './outlet.ts';

/** A reply that is made as it is sent. */
export interface LongReply {
  readonly tag: string | undefined;
  /** Sentences left; ends with the `!done`. */
  readonly sentences: Iterator<Buffer>;
  /** Called behind the last sentence. */
  readonly finished: () => void;
}

/** Sentences of a long reply sent in one go. */
const BATCH = 256;

/**
 * Order of the replies of one connection: tagged ones may come between the rows of a long tagged print, nothing passes an
 * untagged one.
 */
export class ReplyQueue {
  readonly #outlet: Outlet;
  readonly #interleave: boolean;
  #waiting: LongReply[] = [];
  #pumping = false;
  #stopped = false;

  constructor(outlet: Outlet, interleave: boolean) {
    this.#outlet = outlet;
    this.#interleave = interleave;
  }

  /** A reply that is there in full. */
  send(bytes: Buffer, tag: string | undefined, finished: () => void): void {
    const mayPass = this.#interleave && tag !== undefined && this.#allTagged();
    if (this.#waiting.length > 0 && !mayPass) {
      this.#waiting.push({ tag, sentences: [bytes].values(), finished });
      return;
    }
    this.#outlet.write(bytes);
    finished();
  }

  sendLong(reply: LongReply): void {
    this.#waiting.push(reply);
    this.pump();
  }

  /** Takes a long reply out, for `/cancel`; undefined when it has been sent. */
  withdraw(tag: string): LongReply | undefined {
    const reply = this.#waiting.find((one) => one.tag === tag);
    this.#waiting = this.#waiting.filter((one) => one !== reply);
    return reply;
  }

  /** Nothing more is sent until `pump`. */
  stop(): void {
    this.#stopped = true;
  }

  resume(): void {
    this.#stopped = false;
    this.pump();
  }

  /** Sends what there is room for, a batch a turn of the event loop. */
  pump(): void {
    if (this.#pumping || this.#stopped || this.#outlet.full || this.#outlet.closed) return;
    const reply = this.#waiting[0];
    if (!reply) return;
    this.#pumping = true;
    const ended = this.#sendBatch(reply);
    if (ended) {
      this.#waiting.shift();
      reply.finished();
    } else if (this.#interleave && this.#allTagged()) {
      this.#waiting.push(...this.#waiting.splice(0, 1));
    }
    setImmediate(() => {
      this.#pumping = false;
      this.pump();
    });
  }

  #allTagged(): boolean {
    return this.#waiting.every((reply) => reply.tag !== undefined);
  }

  #sendBatch(reply: LongReply): boolean {
    for (let count = 0; count < BATCH; count += 1) {
      const next = reply.sentences.next();
      if (next.done) return true;
      this.#outlet.write(next.value);
    }
    return false;
  }
}
