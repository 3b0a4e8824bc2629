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
    return this.#socket.writableLength > FULL || this.#segments.length > 0 || this.#delayed > 8;
  }

  write(bytes: Buffer): void {
    if (this.#ending) return;
    this.#gathered.push(bytes);
    if (this.#gathered.length === 1) queueMicrotask(() => this.#flush());
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
    const idle = this.#segments.length === 0;
    this.#segments.push(...this.#chunking(bytes));
    if (idle) this.#sendSegments();
  }

  /** One segment a turn of the event loop, so that a reader of the same process sees them one by one. */
  #sendSegments(): void {
    if (this.#held || this.#socket.destroyed) return;
    const segment = this.#segments[0];
    if (!segment) {
      this.#endWhenEmpty();
      return;
    }
    this.#socket.write(segment, () => {
      setImmediate(() => {
        this.#segments.shift();
        this.#sendSegments();
        if (this.#segments.length === 0) this.#ready();
      });
    });
  }

  #endWhenEmpty(): void {
    if (this.#ending && this.#segments.length === 0 && this.#delayed === 0) this.#socket.end();
  }
}
