const START = 8;
const MIN = 2;
const MAX = 512;
/** As long as all that is on its way is answered within this, much more may be. */
const SHORT_WAIT_MS = 25;
/** Above this, a longer queue in the router only makes everything later. */
const LONG_WAIT_MS = 100;
const TOO_LONG_WAIT_MS = 400;

/**
 * How many commands may be on their way at once (AIMD). A router works through them one after the other, so a window
 * that is never empty is all that speed needs. What is watched is the cost of one command: its latency divided by how
 * many were ahead of it. A cost that doubles means that the router is busy with something else: the window is halved.
 */
export class Window {
  #size = START;
  #baseline = 0;
  #cost = 0;
  #latency = 0;
  #round = 0;

  /** Commands that may be in flight. */
  get size(): number {
    return this.#size;
  }

  /** Milliseconds from sending to the reply, smoothed. */
  get latency(): number {
    return this.#latency;
  }

  /** Tells of one reply: how many milliseconds it took, and how many were in flight when its command was sent. */
  settled(latency: number, inFlight: number): void {
    const cost = latency / Math.max(1, inFlight);
    this.#latency = this.#latency === 0 ? latency : this.#latency + (latency - this.#latency) / 8;
    if (this.#baseline === 0) {
      this.#baseline = cost;
      this.#cost = cost;
    }
    this.#cost += (cost - this.#cost) / 8;
    this.#baseline += (cost - this.#baseline) / (cost < this.#baseline ? 8 : 256);
    if (++this.#round < this.#size) return;
    this.#round = 0;
    if (this.#latency < SHORT_WAIT_MS) {
      this.#size = Math.min(MAX, this.#size * 2);
    } else if (this.#cost > 2 * this.#baseline || this.#latency > TOO_LONG_WAIT_MS) {
      this.#size = Math.max(MIN, this.#size >> 1);
    } else if (this.#latency < LONG_WAIT_MS) {
      this.#size = Math.min(MAX, this.#size + 1 + (this.#size >> 4));
    }
  }
}
