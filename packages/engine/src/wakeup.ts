import type { Clock } from '@bouncer/stream';

/** Lets one loop sleep until its time comes or somebody has news. */
export class Wakeup {
  readonly #clock: Clock;
  #rung = false;
  #ring: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes the sleeper, or makes the next wait return at once. */
  notify(): void {
    this.#rung = true;
    this.#ring?.();
  }

  /** Resolves after `ms`, or at once when notified; rejects with the signal's reason when aborted. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#rung) await this.#sleep(ms, signal);
    this.#rung = false;
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const timer = new AbortController();
    const rung = new Promise<void>((resolve) => {
      this.#ring = resolve;
    });
    try {
      await Promise.race([rung, this.#clock.sleep(ms, AbortSignal.any([signal, timer.signal]))]);
    } finally {
      this.#ring = undefined;
      timer.abort();
    }
  }
}
