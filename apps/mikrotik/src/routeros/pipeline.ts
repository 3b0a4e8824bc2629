import type { Clock } from '@bouncer/stream';
import type { Link, Reply } from './link.ts';
import type { Window } from './window.ts';

/** One command and what to do with its reply. A `settle` that throws stops the whole run with that error. */
export interface Operation {
  readonly words: readonly string[];
  settle(reply: Reply): void;
}

/**
 * Runs operations in the order in which `next` gives them, as many at once as the window allows. `next` gives undefined
 * when there is nothing to do for now; it is asked again after every reply, so that a reply may lead to more operations.
 * Resolves when nothing is left; rejects when the connection is lost, a `settle` throws, or the signal is aborted.
 */
export function runPipeline(
  link: Link,
  next: () => Operation | undefined,
  window: Window,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let inFlight = 0;
    let over = false;

    const finish = (error?: Error): void => {
      if (over) return;
      over = true;
      signal.removeEventListener('abort', onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onAbort = (): void => {
      finish(signal.reason as Error);
    };
    const fill = (): void => {
      while (!over && inFlight < window.size) {
        const operation = next();
        if (!operation) break;
        start(operation);
      }
      if (inFlight === 0) finish();
    };
    const start = (operation: Operation): void => {
      const sentAt = clock.now();
      const ahead = ++inFlight;
      link.send(operation.words, {
        done(reply) {
          inFlight--;
          if (over) return;
          window.settled(clock.now() - sentAt, ahead);
          try {
            operation.settle(reply);
          } catch (error) {
            finish(error as Error);
            return;
          }
          fill();
        },
        failed: finish,
      });
    };

    if (signal.aborted) {
      finish(signal.reason as Error);
      return;
    }
    signal.addEventListener('abort', onAbort);
    fill();
  });
}
