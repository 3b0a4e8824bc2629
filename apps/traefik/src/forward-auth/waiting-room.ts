/** As many as there can be connections: whoever is let into the listener can wait here. */
const MAX_WAITING = 8192;

/** What became of a request at the door. */
export type Entered = 'waits' | 'closed' | 'full';

/**
 * Requests that came before the first decisions: after a restart these are there within a second, and to answer before
 * would let banned clients in, or keep everybody out.
 */
export class WaitingRoom {
  readonly #max: number;
  #waiting: (() => void)[] = [];
  #isOpen = true;

  constructor(max = MAX_WAITING) {
    this.#max = max;
  }

  /** Takes work that is to be done when the room is closed. */
  enter(work: () => void): Entered {
    if (!this.#isOpen) return 'closed';
    if (this.#waiting.length >= this.#max) return 'full';
    this.#waiting.push(work);
    return 'waits';
  }

  /** Does all that waits, in the order in which it came; from now on nobody waits. */
  close(): void {
    this.#isOpen = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const work of waiting) work();
  }
}
