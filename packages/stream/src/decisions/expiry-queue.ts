import type { Instant } from '../clock.ts';
import type { Network } from '../net/network.ts';

/** A decision that is to be looked at. */
export interface DueDecision {
  readonly network: Network;
  readonly id: number;
}

const FIRST_SIZE = 256;
/**
 * What ends later than this from now, in seconds, is not queued: whoever has the decisions looks through them so often, and
 * queues what has come near. Most last for days, and many are renewed or deleted before.
 */
const HORIZON_SECONDS = 3600;

/**
 * Binary heap of decisions by the moment to look at them again. It holds no decision, only where one was: an end may move
 * later and a decision may go without touching the queue, and is found out when its moment comes.
 */
export class ExpiryQueue {
  /** What ends before this is queued. Until somebody says what time it is, everything. */
  #horizon: Instant = Infinity;
  #times = new Int32Array(FIRST_SIZE);
  #ids = new Float64Array(FIRST_SIZE);
  #networks: Network[] = [];

  get size(): number {
    return this.#networks.length;
  }

  /** Nothing comes to its end before this. A decision that has gone or was extended may stand behind it. */
  get next(): Instant {
    return Math.min(this.#networks.length === 0 ? Infinity : (this.#times[0] ?? 0), this.#horizon);
  }

  /** True when the horizon has come and was moved on: then everything is to be cleared, and every decision pushed again. */
  isOver(now: Instant): boolean {
    if (now < this.#horizon && this.#horizon !== Infinity) return false;
    this.#horizon = now + HORIZON_SECONDS;
    return true;
  }

  /** Queues a decision unless its end is far. O(log n), and O(1) on average. */
  push(time: Instant, network: Network, id: number): void {
    if (time >= this.#horizon) return;
    let index = this.#networks.length;
    if (index === this.#times.length) this.#grow(index + (index >> 1));
    this.#networks.push(network);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if ((this.#times[parent] ?? 0) <= time) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(index, time, network, id);
  }

  /** Takes the earliest decision queued for `now` or before; undefined when none is due. */
  takeDue(now: Instant): DueDecision | undefined {
    const network = this.#networks[0];
    if (network === undefined || (this.#times[0] ?? 0) > now) return undefined;
    const due = { network, id: this.#ids[0] ?? 0 };
    const last = this.#networks.length - 1;
    const moved = this.#networks.pop();
    if (moved !== undefined && last > 0) this.#sink(this.#times[last] ?? 0, moved, this.#ids[last] ?? 0);
    return due;
  }

  /** Forgets everything, and the room that it took. */
  clear(): void {
    this.#times = new Int32Array(FIRST_SIZE);
    this.#ids = new Float64Array(FIRST_SIZE);
    this.#networks = [];
  }

  #sink(time: Instant, network: Network, id: number): void {
    const size = this.#networks.length;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && (this.#times[child + 1] ?? 0) < (this.#times[child] ?? 0)) child++;
      if ((this.#times[child] ?? 0) >= time) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(index, time, network, id);
  }

  #move(from: number, to: number): void {
    const network = this.#networks[from];
    if (network !== undefined) this.#put(to, this.#times[from] ?? 0, network, this.#ids[from] ?? 0);
  }

  #put(index: number, time: Instant, network: Network, id: number): void {
    this.#times[index] = time;
    this.#ids[index] = id;
    this.#networks[index] = network;
  }

  #grow(size: number): void {
    const [times, ids] = [new Int32Array(size), new Float64Array(size)];
    times.set(this.#times);
    ids.set(this.#ids);
    [this.#times, this.#ids] = [times, ids];
  }
}
