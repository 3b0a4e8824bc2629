import { once } from 'node:events';

/**
 * A look at the firewall that several may wait for. Whoever loses patience stops waiting and no more: an aborted command
 * would cost the connection, and with it the list its keeper.
 */
export class SharedLook {
  readonly #look: (signal: AbortSignal) => Promise<void>;
  readonly #never = new AbortController().signal;
  #running: Promise<void> | undefined;

  /** `look` has to end by itself. */
  constructor(look: (signal: AbortSignal) => Promise<void>) {
    this.#look = look;
  }

  /** Waits for the look that is under way, or for a new one. Rejects as it does, or with the signal's reason. */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#running ??= this.#look(this.#never).finally(() => {
      this.#running = undefined;
    });
    const over = new AbortController();
    const aborted = once(signal, 'abort', { signal: over.signal }).then(() => {
      throw signal.reason as Error;
    });
    try {
      await Promise.race([this.#running, aborted]);
    } finally {
      over.abort();
    }
  }
}
