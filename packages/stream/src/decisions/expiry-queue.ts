import type { Instant } from '../clock.ts';
import type { Decision } from './decision.ts';

/**
 * Binary heap of decisions by the moment to look at them again. The moments lie beside the decisions in an Int32Array,
 * so an end may move later without touching the queue: the decision is found early, and queued again.
 */
export class ExpiryQueue {
  #times = new Int32Array(1024);
  #decisions: Decision[] = [];

  get size(): number {
    return this.#decisions.length;
  }

  /** The earliest moment queued. A decision that has gone or was extended may stand behind it. */
  get next(): Instant | undefined {
    return this.#decisions.length === 0 ? undefined : this.#times[0];
  }

  /** O(log n), and O(1) on average. */
  push(time: Instant, decision: Decision): void {
    let index = this.#decisions.length;
    if (index === this.#times.length) {
      const grown = new Int32Array(index + (index >> 1));
      grown.set(this.#times);
      this.#times = grown;
    }
    this.#decisions.push(decision);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const parentTime = this.#times[parent] ?? 0;
      if (parentTime <= time) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#times[index] = time;
    this.#decisions[index] = decision;
  }

  /** Takes the earliest decision queued for `now` or before; undefined when none is due. */
  takeDue(now: Instant): Decision | undefined {
    const first = this.#decisions[0];
    if (!first || (this.#times[0] ?? 0) > now) return undefined;
    const lastIndex = this.#decisions.length - 1;
    const lastTime = this.#times[lastIndex] ?? 0;
    const last = this.#decisions.pop();
    if (last && lastIndex > 0) this.#sink(last, lastTime);
    return first;
  }

  /** Starts again with these decisions, each at its own end. */
  rebuild(decisions: Iterable<Decision>): void {
    this.#decisions = [];
    for (const decision of decisions) this.push(decision.expiresAt, decision);
  }

  #sink(decision: Decision, time: Instant): void {
    const size = this.#decisions.length;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && (this.#times[child + 1] ?? 0) < (this.#times[child] ?? 0)) child++;
      if ((this.#times[child] ?? 0) >= time) break;
      this.#move(child, index);
      index = child;
    }
    this.#times[index] = time;
    this.#decisions[index] = decision;
  }

  #move(from: number, to: number): void {
    const decision = this.#decisions[from];
    if (!decision) return;
    this.#decisions[to] = decision;
    this.#times[to] = this.#times[from] ?? 0;
  }
}
