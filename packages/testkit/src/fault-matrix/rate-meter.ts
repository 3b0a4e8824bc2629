import type { Clock } from '@bouncer/stream';

const MINUTE = 60_000;

/** The most that a counter has grown by within any minute. One that begins anew, in a new process, is no growth. */
export class RateMeter {
  readonly #clock: Clock;
  readonly #read: () => number | undefined;
  #marks: { readonly at: number; readonly count: number }[] = [];
  #most = 0;

  constructor(clock: Clock, read: () => number | undefined) {
    this.#clock = clock;
    this.#read = read;
    this.note();
  }

  get most(): number {
    return this.#most;
  }

  note(): void {
    const at = this.#clock.now();
    const count = this.#read();
    if (count === undefined) return;
    if (count < (this.#marks.at(-1)?.count ?? 0)) this.#marks = [];
    while ((this.#marks[0]?.at ?? at) < at - MINUTE) this.#marks.shift();
    this.#marks.push({ at, count });
    this.#most = Math.max(this.#most, count - (this.#marks[0]?.count ?? count));
  }
}
