import { once } from 'node:events';
import type { Clock } from '@bouncer/stream';

/** Contract: `run` stops within 10 s, whatever hangs. */
const deadlineMs = 9000;

/**
 * Waits for `work`; once the signal is aborted, for nine more seconds at most.
 * @returns what work gave, or `late` when it did not end in time.
 */
export async function withStopDeadline<T>(work: Promise<T>, signal: AbortSignal, clock: Clock, late: T): Promise<T> {
  const done = new AbortController();
  const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort', { signal: done.signal });
  const deadline = stopped.then(() => clock.sleep(deadlineMs, done.signal)).then(() => late);
  // It is given up when the work ends first.
  deadline.catch(() => undefined);
  try {
    return await Promise.race([work, deadline]);
  } finally {
    done.abort();
  }
}
