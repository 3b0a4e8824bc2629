import type { Clock } from '@bouncer/stream';

const MINUTE = 60_000;

/** The most that a counter has grown by within any minute. */
export class RateMeter {
  readonly #clock: Clock;
  readonly #read: () => number;
  readonly #marks: { readonly at: number; readonly count: number }[] = [];
  #most = 0;

  constructor(clock: Clock, read: () => number) {
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
    while ((this.#marks[0]?.at ?? at) < at - MINUTE) this.#marks.shift();
    this.#marks.push({ at, count });
    this.#most = Math.max(this.#most, count - (this.#marks[0]?.count ?? count));
  }
}
