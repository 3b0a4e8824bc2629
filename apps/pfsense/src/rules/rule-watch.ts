import { concernsOf, type CheckStep, type Concern } from '@bouncer/target';
import type { Clock } from '@bouncer/stream';

/** An API's look at the rules makes the firewall read its whole configuration. Milliseconds. */
const LOOK_INTERVAL_MS = 5 * 60_000;

/** What a running connector knows of rules that it sees by an API: looked at now and then, beside the list. */
export class RuleWatch {
  readonly #look: (signal: AbortSignal) => Promise<CheckStep>;
  readonly #clock: Clock;
  #last: CheckStep | undefined;
  #lookedAt = -Infinity;

  constructor(look: (signal: AbortSignal) => Promise<CheckStep>, clock: Clock) {
    this.#look = look;
    this.#clock = clock;
  }

  async refresh(signal: AbortSignal): Promise<void> {
    if (this.#clock.now() < this.#lookedAt + LOOK_INTERVAL_MS) return;
    this.#lookedAt = this.#clock.now();
    this.#last = await this.#look(signal);
  }

  concerns(): readonly Concern[] {
    return concernsOf(this.#last ? [this.#last] : []);
  }
}
