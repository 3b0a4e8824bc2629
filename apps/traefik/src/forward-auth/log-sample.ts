import type { LogFields, Logger } from '@bouncer/target';
import type { Clock } from '@bouncer/stream';

const MINUTE_MS = 60_000;
/** Lines a minute, whoever is refused. */
const MAX_LINES = 30;

/** One line a minute for an address at most, and so many for all: an attack must not fill the log. */
export class LogSample {
  readonly #clock: Clock;
  readonly #log: Logger;
  #seen = new Set<string>();
  #since = -Infinity;
  #skipped = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** `fields` are made only for a line that is written. */
  refused(address: string, fields: () => LogFields): void {
    const now = this.#clock.now();
    if (now - this.#since >= MINUTE_MS) {
      this.#seen = new Set();
      this.#since = now;
    }
    if (this.#seen.has(address) || this.#seen.size >= MAX_LINES) {
      this.#skipped += 1;
      return;
    }
    this.#seen.add(address);
    const unsaid = this.#skipped > 0 ? { unsaid: this.#skipped } : {};
    this.#skipped = 0;
    this.#log.info({ client: address, ...fields(), ...unsaid }, 'request refused');
  }
}
