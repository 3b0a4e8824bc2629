import type { Socket } from 'node:net';
import type { Chunking } from './chunking.ts';

/** Bytes that may wait in the socket before long prints pause. */
const FULL = 262_144;

/** The way out of one connection: gathers a turn's replies into one write, delays it, cuts it into segments. */
export class Outlet {
  readonly #socket: Socket;
  readonly #chunking: Chunking | undefined;
  readonly #latencyMs: number;
  readonly #ready: () => void;
  #gathered: Buffer[] = [];
  #segments: Buffer[] = [];
  /** A segment is on its way out. */
  #sending = false;
  /** Writes that are still in the air. */
  #delayed = 0;
  #ending = false;
  #held = false;

  /** `ready` is called whenever there is room again. */
  constructor(socket: Socket, options: { chunking?: Chunking; latencyMs?: number }, ready: () => void) {
    this.#socket = socket;
    this.#chunking = options.chunking;
    this.#latencyMs = options.latencyMs ?? 0;
    this.#ready = ready;
    socket.on('drain', ready);
  }

  /** True while a long print should wait. */
  get full(): boolean {
    return this.#socket.writableLength > FULL || this.#segments.length > 0 || this.#sending || this.#delayed > 8;
  }

  /** True when nothing can be sent any more. */
  get closed(): boolean {
    return this.#ending || this.#socket.destroyed;
  }

  write(bytes: Buffer): void {
    if (this.#ending) return;
    this.#gathered.push(bytes);
    if (this.#gathered.length === 1)
      queueMicrotask(() => {
        this.#flush();
      });
  }

  /** Ends the connection once all is out. */
  end(): void {
    if (this.#ending) return;
    this.#flush();
    this.#ending = true;
    this.#endWhenEmpty();
  }

  /** Keeps everything back: a router that hangs sends nothing. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#flush();
    this.#sendSegments();
  }

  #flush(): void {
    if (this.#held || this.#gathered.length === 0) return;
    const bytes = this.#gathered.length === 1 ? this.#gathered[0] : Buffer.concat(this.#gathered);
    this.#gathered = [];
    if (!bytes) return;
    if (this.#latencyMs === 0) {
      this.#send(bytes);
      return;
    }
    this.#delayed += 1;
    setTimeout(() => {
      this.#delayed -= 1;
      this.#send(bytes);
      this.#ready();
      this.#endWhenEmpty();
    }, this.#latencyMs);
  }

  #send(bytes: Buffer): void {
    if (this.#socket.destroyed) return;
    if (!this.#chunking) {
      this.#socket.write(bytes);
      return;
    }
    this.#segments.push(...this.#chunking(bytes));
    this.#sendSegments();
  }

  /** One segment a turn of the event loop, so that a reader of the same process sees them one by one. */
  #sendSegments(): void {
    if (this.#sending || this.#held || this.#socket.destroyed) return;
    const segment = this.#segments.shift();
    if (!segment) {
      this.#ready();
      this.#endWhenEmpty();
      return;
    }
    this.#sending = true;
    this.#socket.write(segment, () => {
      setImmediate(() => {
        this.#sending = false;
        this.#sendSegments();
      });
    });
  }

  #endWhenEmpty(): void {
    const empty = this.#segments.length === 0 && !this.#sending && this.#delayed === 0;
    if (this.#ending && empty) this.#socket.end();
  }
}
