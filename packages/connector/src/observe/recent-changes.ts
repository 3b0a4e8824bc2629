import type { ChangeEvent } from '../reconcile/status.ts';

/** The last changes on all devices: a ring, so that a first sync of 100,000 entries costs nothing. */
export class RecentChanges {
  readonly #ring: ChangeEvent[] = [];
  readonly #size: number;
  #next = 0;

  constructor(size = 50) {
    this.#size = size;
  }

  /** Takes one change; fits the controller's `onChange`. */
  readonly add = (event: ChangeEvent): void => {
    this.#ring[this.#next] = event;
    this.#next = (this.#next + 1) % this.#size;
  };

  /** Newest first. */
  readonly list = (): readonly ChangeEvent[] => [
    ...this.#ring.slice(0, this.#next).reverse(),
    ...this.#ring.slice(this.#next).reverse(),
  ];
}
