import type { Clock } from './clock.ts';

/** Waits that can be cut short. */
export class Rest {
  readonly #clock: Clock;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the wait of `until`, so that it looks at its moment again. */
  wake(): void {
    this.#wake?.();
  }

  /** Resolves at the moment that `due` tells, in monotonic milliseconds, or when aborted; `wake` has it asked again. */
  async until(due: () => number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wait = due() - this.#clock.now();
      if (wait <= 0) return;
      const woken = new AbortController();
      this.#wake = () => {
        woken.abort();
      };
      await this.sleep(wait, signal, woken);
      this.#wake = undefined;
    }
  }

  /** Resolves after `ms`, when `woken`, or when aborted. */
  async sleep(ms: number, signal: AbortSignal, woken = new AbortController()): Promise<void> {
    // Its event has been and gone, and does not come again.
    if (signal.aborted) return;
    const wake = () => {
      woken.abort();
    };
    signal.addEventListener('abort', wake, { once: true });
    try {
      await this.#clock.sleep(ms, woken.signal);
    } catch (error) {
      if (!woken.signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
