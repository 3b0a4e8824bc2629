/** So many requests wait at most; further ones are answered at once. */
const MOST = 1000;

/**
 * Requests that came before the first decisions: after a restart these are there within a second, and to answer before
 * would let banned clients in, or keep everybody out.
 */
export class WaitingRoom {
  #waiting: (() => void)[] = [];
  #isOpen = true;

  /** Takes work that is to be done when the room is closed. False when it is closed already, or full. */
  enter(work: () => void): boolean {
    if (!this.#isOpen || this.#waiting.length >= MOST) return false;
    this.#waiting.push(work);
    return true;
  }

  /** Does all that waits, in the order in which it came; from now on nobody waits. */
  close(): void {
    this.#isOpen = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const work of waiting) work();
  }
}
