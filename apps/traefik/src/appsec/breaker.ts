import type { Clock } from '@bouncer/stream';

/** So many late answers in a row are no accident. */
const MAX_LATE = 2;
/** How long nobody waits then, in milliseconds; afterwards one request finds out. */
const PAUSE_MS = 5000;

/** Spares requests a wait for what does not answer: a few wait, all others do not. */
export class Breaker {
  readonly #clock: Clock;
  #late = 0;
  #until = -Infinity;
  #isTrying = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True when this one may ask; what came of it has to be told. */
  mayAsk(): boolean {
    if (this.#late < MAX_LATE) return true;
    if (this.#isTrying || this.#clock.now() < this.#until) return false;
    this.#isTrying = true;
    return true;
  }

  /** An answer, whatever it said, or a refusal without delay. */
  answered(): void {
    this.#late = 0;
    this.#isTrying = false;
  }

  late(): void {
    this.#late += 1;
    this.#rest();
  }

  /** Answers, but will not for some time: a key that it does not know costs it a question to LAPI each time. */
  refused(): void {
    this.#late = MAX_LATE;
    this.#rest();
  }

  #rest(): void {
    this.#isTrying = false;
    this.#until = this.#clock.now() + PAUSE_MS;
  }
}
