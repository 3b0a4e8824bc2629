import type { ChangeEvent } from '@bouncer/engine';
import { originGroup } from '@bouncer/stream';

/** The last changes on all devices: a ring, so that a first sync of 100,000 entries costs nothing. */
export class RecentChanges {
  readonly #ring: ChangeEvent[] = [];
  /** The last ones of what was detected here, oldest first: a community list of thousands must not push them out. */
  readonly #local: ChangeEvent[] = [];
  readonly #size: number;
  #count = 0;

  constructor(size = 50) {
    this.#size = size;
  }

  /** Changes so far; what `since` takes. */
  get count(): number {
    return this.#count;
  }

  /** Takes one change; fits the controller's `onChange`. */
  readonly add = (event: ChangeEvent): void => {
    this.#ring[this.#count % this.#size] = event;
    this.#count += 1;
    if (originGroup(event.origin) !== 'local') return;
    this.#local.push(event);
    if (this.#local.length > this.#size / 2) this.#local.shift();
  };

  /** Newest first. */
  readonly list = (): readonly ChangeEvent[] => {
    const next = this.#count % this.#size;
    const all = [...this.#ring.slice(0, next).reverse(), ...this.#ring.slice(next).reverse()];
    const pushedOut = this.#local.filter((event) => !all.includes(event)).reverse();
    return [...all.slice(0, Math.max(0, this.#size - pushedOut.length)), ...pushedOut];
  };

  /** What came after the first `count` changes, newest first, and how many of them the ring no longer has. */
  since(count: number): { readonly changes: readonly ChangeEvent[]; readonly missed: number } {
    const news = this.#count - count;
    return { changes: this.list().slice(0, news), missed: Math.max(0, news - this.#size) };
  }
}
