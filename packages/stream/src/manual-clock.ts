import type { Clock } from './clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. Sleepers wake in order of their time. */
export class ManualClock implements Clock {
  #now: number;
  #epoch: number;
  readonly #sleepers = new Set<Sleeper>();

  /** Starts at `now` monotonic milliseconds; `epoch` is the wall clock at monotonic zero. */
  constructor(now = 1_000_000, epoch = 1_790_000_000_000) {
    this.#now = now;
    this.#epoch = epoch;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#epoch + this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const abort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason as Error);
      };
      const wake = (): void => {
        // A signal may outlive a million sleeps.
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper: Sleeper = { at: this.#now + ms, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Sets the wall clock by so many milliseconds, as a person or NTP does; the monotonic one does not notice. */
  setWall(by: number): void {
    this.#epoch += by;
  }

  /** How many callers are asleep: lets a test wait until the code under test has come to rest. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Moves time forward and wakes whoever is due, earliest first, letting each run before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = [...this.#sleepers].filter((sleeper) => sleeper.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#sleepers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets everything that is ready to run, run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
