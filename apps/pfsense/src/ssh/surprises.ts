import type { Clock } from '@bouncer/stream';
import type { Logger } from '@bouncer/target';

/** A surprise is forgotten after so long. Milliseconds. */
const REMEMBERED_MS = 60 * 60_000;
/** One change by another hand is an accident; two are somebody at work. */
const TOLD_FROM = 2;

/** Changes of table or file that neither we nor a filter reload have made. */
export class Surprises {
  readonly #clock: Clock;
  readonly #log: Logger;
  #times: number[] = [];

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  note(): void {
    this.#times = [...this.#recent(), this.#clock.now()];
    if (this.areMany) this.#log.warn({ times: this.#times.length }, 'somebody else keeps changing the list');
  }

  /** True when somebody else keeps writing there. */
  get areMany(): boolean {
    return this.#recent().length >= TOLD_FROM;
  }

  #recent(): number[] {
    return this.#times.filter((time) => time > this.#clock.now() - REMEMBERED_MS);
  }
}
