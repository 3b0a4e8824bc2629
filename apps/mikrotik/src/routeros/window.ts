const START = 8;
const MIN = 2;
const MAX = 512;
/** As long as all that is on its way is answered within this, much more may be. */
const SHORT_WAIT_MS = 25;
/** Above this, a longer queue in the router only makes everything later. */
const LONG_WAIT_MS = 100;
const TOO_LONG_WAIT_MS = 400;

/** One window's worth of replies. */
interface Round {
  readonly size: number;
  readonly latency: number;
}

/**
 * How many commands may be on their way at once. A router works through them one after the other, so a window that is
 * never empty is all that speed needs: its latency then grows with the window, and 100 ms of it are enough. Where it does
 * not grow, the way there takes the time, or the machines at both ends are busy: then twice as many are as quick as one. What
 * is watched besides is the cost of one command, its latency divided by how many were ahead of it: when it doubles and the
 * wait is long, the router is busy with something else, and the window is halved.
 */
export class Window {
  #size = START;
  #baseline = 0;
  #cost = 0;
  #latency = 0;
  #replies = 0;
  #waited = 0;
  #before: Round | undefined;

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
    this.#waited += latency;
    if (++this.#replies < this.#size) return;
    const round: Round = { size: this.#size, latency: this.#waited / this.#replies };
    this.#size = this.#next(round);
    this.#before = round;
    this.#replies = 0;
    this.#waited = 0;
  }

  #next(round: Round): number {
    const { size } = round;
    const isLong = this.#latency > LONG_WAIT_MS;
    if (this.#latency < SHORT_WAIT_MS) return Math.min(MAX, size * 2);
    if (this.#latency > TOO_LONG_WAIT_MS || (isLong && this.#cost > 2 * this.#baseline))
      return Math.max(MIN, size >> 1);
    if (this.#isWorthMore(round)) return Math.min(MAX, size * 2);
    return isLong ? size : Math.min(MAX, size + 1 + (size >> 4));
  }

  /** True when a wider window has made the wait no longer, or hardly: it was not the router that took the time. */
  #isWorthMore({ size, latency }: Round): boolean {
    const before = this.#before;
    if (!before || size <= before.size) return false;
    return latency < before.latency * (1 + (size / before.size - 1) / 2);
  }
}
