import type { Clock } from '@bouncer/stream';

const WINDOW_MS = 60_000;
/** Addresses that are remembered at most; beyond, all wait for the next minute. */
const MAX_ADDRESSES = 10_000;

/** Counts attempts in each minute, by address and in all, so that nobody can make us ask the provider at will. */
export class Attempts {
  readonly #clock: Clock;
  readonly #perAddress: number;
  #counts = new Map<string, number>();
  #since = -Infinity;

  constructor(clock: Clock, perAddress: number) {
    this.#clock = clock;
    this.#perAddress = perAddress;
  }

  /** Takes one attempt; false when this address has had its share for now. */
  take(address: string): boolean {
    const now = this.#clock.now();
    if (now - this.#since >= WINDOW_MS) {
      this.#counts = new Map();
      this.#since = now;
    }
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#perAddress || (count === 0 && this.#counts.size >= MAX_ADDRESSES)) return false;
    this.#counts.set(address, count + 1);
    return true;
  }
}
