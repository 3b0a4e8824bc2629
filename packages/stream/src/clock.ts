import { setTimeout as delay } from 'node:timers/promises';

/**
 * A moment in whole seconds on the monotonic clock. Small integers on purpose: V8 keeps them inside the object,
 * which is what makes 100,000 entries fit on a Raspberry Pi.
 */
export type Instant = number;

/** The one source of time. Injected everywhere, so that no test sleeps for real. */
export interface Clock {
  /** Monotonic milliseconds. Does not jump when the wall clock is set. */
  now(): number;
  /** Wall-clock milliseconds since the epoch: for people, files and LAPI only. */
  wall(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted();
    await delay(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
};

/** The current instant, rounded down. */
export function instantNow(clock: Clock): Instant {
  return Math.floor(clock.now() / 1000);
}

/** Wall-clock milliseconds since the epoch of an instant. */
export function wallOf(clock: Clock, instant: Instant): number {
  return clock.wall() + (instant * 1000 - clock.now());
}
