import { TransientError, messageOf, type Clock } from '@bouncer/stream';
import type { Logger } from '@bouncer/target';

/** An interruption so long after the last one, in milliseconds, is a first one again. */
const CALM_MS = 600_000;

export interface InterruptibleOptions {
  /** Name of the target. */
  readonly target: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Work of one target that an error can end which nobody awaits: that of a timer, of a socket's listener, of a forgotten promise. */
export class Interruptible {
  readonly #options: InterruptibleOptions;
  #current = new AbortController();
  #count = 0;
  #last = -Infinity;

  constructor(options: InterruptibleOptions) {
    this.#options = options;
  }

  /** Interruptions that came one soon after the other; 0 when all is calm. For the backoff. */
  get inARow(): number {
    return this.#options.clock.now() - this.#last < CALM_MS ? this.#count : 0;
  }

  /** Ends the work that is under way; it rejects with a TransientError that names this one. */
  interrupt(error: unknown): void {
    const { target, clock, log } = this.#options;
    const message = messageOf(error);
    const hint = 'this is a bug in the connector: please report it with the log';
    log.warn({ target, error: message, hint }, 'nobody caught an error of this target: it begins anew, alone');
    this.#count = this.inARow + 1;
    this.#last = clock.now();
    this.#current.abort(new TransientError(`nobody caught: ${message}`, { cause: error, hint }));
  }

  /** Does the work until it ends or is interrupted: what waits for a callback that threw would wait for ever. */
  async run(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#current = new AbortController();
    const { signal: interruption } = this.#current;
    const interrupted = new Promise<never>((_, reject) => {
      interruption.addEventListener('abort', () => {
        reject(interruption.reason as Error);
      });
    });
    await Promise.race([work(AbortSignal.any([signal, interruption])), interrupted]);
  }
}
