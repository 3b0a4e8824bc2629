import type { Clock } from './clock.ts';

/**
 * Waits for `work`, but not longer than `ms` milliseconds. Its signal is aborted when the time is up, when `signal` is, and
 * at the end. Rejects as the work does, with what `late` makes, or with the signal's reason; never waits for work that does
 * not listen.
 */
export async function withTimeout<T>(
  work: (signal: AbortSignal) => Promise<T>,
  ms: number,
  clock: Clock,
  signal: AbortSignal | undefined,
  late: () => Error,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const abort = (): void => {
    limit.abort(signal?.reason);
  };
  signal?.addEventListener('abort', abort, { once: true });
  const timer = clock.sleep(ms, limit.signal).then(() => {
    limit.abort(late());
    throw limit.signal.reason;
  });
  // Work that throws at once rejects as well, or nobody would hear the timer.
  const start = async (): Promise<T> => work(limit.signal);
  try {
    return await Promise.race([start(), timer]);
  } catch (error) {
    // An abort shows up as all kinds of errors in sockets and streams.
    limit.signal.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    limit.abort();
  }
}
