import type { Clock } from './clock.ts';

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

  /** Resolves at the moment that `due` tells, in monotonic milliseconds, asked again when notified; rejects when aborted. */
  async until(due: () => number, signal: AbortSignal): Promise<void> {
    for (let left = due() - this.#clock.now(); left > 0; left = due() - this.#clock.now())
      await this.wait(left, signal);
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    // By hand, not AbortSignal.any: nothing may pile up on a signal that lives as long as the process.
    const end = (): void => {
      over.abort();
    };
    this.#ring = end;
    signal.addEventListener('abort', end, { once: true });
    try {
      await this.#clock.sleep(ms, over.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!over.signal.aborted) throw error;
    } finally {
      this.#ring = undefined;
      signal.removeEventListener('abort', end);
    }
  }
}
