/** A router is kept busy by our looks for this share of the time at most: 1/60, so that 2 % hold however one counts. */
const SHARE = 60;
/** The same where there is reason to believe that somebody has changed the list: nothing asks oftener. */
const SHARE_IN_DOUBT = 50;
/** A look that takes no longer than this holds nothing up. Milliseconds. */
const CHEAP_MS = 1000;

/**
 * How often a router's lists may be looked through: that costs it up to 0.4 ms for each row of the menu, whatever list it is
 * in, half a minute on the largest. All times in milliseconds of the clock.
 */
export class LookBudget {
  #startedAt = -Infinity;
  #ms = 0;

  /** Takes a look that ended, well or not. */
  note(startedAt: number, endedAt: number): void {
    this.#startedAt = startedAt;
    this.#ms = endedAt - startedAt;
  }

  /** What the last look took. */
  get ms(): number {
    return this.#ms;
  }

  /** What lies between two looks at least. */
  get pauseMs(): number {
    return this.#ms * SHARE;
  }

  get isCheap(): boolean {
    return this.#ms <= CHEAP_MS;
  }

  /** When the next look may begin. */
  dueAt(isInDoubt = false): number {
    return this.#startedAt + this.#ms * (isInDoubt ? SHARE_IN_DOUBT : SHARE);
  }
}
