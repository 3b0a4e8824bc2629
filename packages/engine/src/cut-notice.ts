import type { Logger } from '@bouncer/target';
import type { Desired } from './desired.ts';

/** Says that a list is cut, once each time that it comes to be. */
export class CutNotice {
  readonly #target: string;
  readonly #log: Logger;
  #isCut = false;

  constructor(target: string, log: Logger) {
    this.#target = target;
    this.#log = log;
  }

  look({ overLimit: leftOut, size: kept }: Pick<Desired, 'overLimit' | 'size'>): void {
    if (leftOut > 0 && !this.#isCut) {
      this.#log.warn(
        { target: this.#target, kept, leftOut },
        'there is more to block than MAX_ENTRIES (or this target) allows: the least important is left out',
      );
    }
    this.#isCut = leftOut > 0;
  }
}
