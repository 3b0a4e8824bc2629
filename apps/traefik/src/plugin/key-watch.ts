import { AuthError, messageOf } from '@bouncer/stream';
import type { Clock } from '@bouncer/stream';
import type { Concern, Logger } from '@bouncer/target';

/** LAPI is asked so often whether it takes the key. Milliseconds. */
const LOOK_INTERVAL_MS = 60_000;

/** What LAPI said last. `silent`: it did not answer, or not as a LAPI. */
type Seen = { readonly kind: 'unknown' | 'taken' } | { readonly kind: 'refused' | 'silent'; readonly what: string };

export interface KeyWatchOptions {
  /** Asks LAPI as the plugin would, without taking anything of its stream; gives the status. */
  readonly ask: (signal: AbortSignal) => Promise<number>;
  readonly clock: Clock;
  readonly log: Logger;
}

const fix =
  'make a key with `sudo cscli bouncers add NAME` and set it (the plugin reads it when Traefik restarts); while the database of LAPI is away it answers the same';

/**
 * Looks whether LAPI still takes the key that the plugin was given. The plugin itself lets everybody pass when it does not,
 * and tells nobody.
 */
export class KeyWatch {
  readonly #options: KeyWatchOptions;
  #seen: Seen = { kind: 'unknown' };

  constructor(options: KeyWatchOptions) {
    this.#options = options;
  }

  /** Asks now, and then for as long as the signal is not aborted. */
  start(signal: AbortSignal): void {
    void this.#watch(signal).catch(() => undefined);
  }

  /** @throws AuthError when LAPI did not take the key when it was last asked. */
  assertTaken(): void {
    if (this.#seen.kind === 'refused') throw new AuthError(this.#seen.what, { hint: fix });
  }

  /** The same, asked anew when it was so. */
  async insist(signal: AbortSignal): Promise<void> {
    if (this.#seen.kind === 'refused') await this.look(signal);
    this.assertTaken();
  }

  /** Asks once. Rejects only when aborted. */
  async look(signal: AbortSignal): Promise<void> {
    const before = this.#seen.kind;
    try {
      this.#seen = seenOf(await this.#options.ask(signal));
    } catch (error) {
      signal.throwIfAborted();
      this.#seen = { kind: 'silent', what: messageOf(error) };
    }
    if (this.#seen.kind === before) return;
    if (this.#seen.kind === 'refused') this.#options.log.error({ hint: fix }, this.#seen.what);
    else if (before === 'refused') this.#options.log.info({}, 'LAPI takes the key of the plugin again');
  }

  concerns(): readonly Concern[] {
    const seen = this.#seen;
    switch (seen.kind) {
      case 'taken':
        return [];
      case 'unknown':
        return [{ level: 'warn', seen: 'LAPI was not asked yet whether it takes the key of the plugin', fix: 'wait' }];
      case 'refused':
        return [{ level: 'fail', seen: `${seen.what}: banned addresses get through, and Traefik does not tell`, fix }];
      case 'silent': {
        const text = `LAPI cannot be asked whether it takes the key of the plugin: ${seen.what}`;
        const help = 'check that LAPI runs: `sudo cscli lapi status`; meanwhile the plugin knows no new bans';
        return [{ level: 'warn', seen: text, fix: help }];
      }
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.look(signal);
      await this.#options.clock.sleep(LOOK_INTERVAL_MS, signal);
    }
  }
}

function seenOf(status: number): Seen {
  if (status === 401 || status === 403) {
    return { kind: 'refused', what: `LAPI answers ${status}: it does not take the key of the plugin` };
  }
  return status === 200 ? { kind: 'taken' } : { kind: 'silent', what: `it answers ${status}` };
}
