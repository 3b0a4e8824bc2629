import { instantNow, type Clock, type Instant, type Network } from '@bouncer/stream';
import { placeOf } from './script.ts';
import type { Element } from './script.ts';
import { segmentElement } from './segment-text.ts';
import { segmentsOf } from './segments.ts';
import type { HeldRange } from './segments.ts';
import type { Transaction } from './transaction.ts';

/**
 * The ranges in each interval set. A change of one of them writes its set anew, emptied and filled within one
 * transaction: with nft a single deletion from a large interval set takes longer than that.
 */
export class RangeBook {
  readonly #sets: Map<string, Map<Network, Instant>>;
  readonly #changed = new Set<string>();

  constructor(sets: ReadonlyMap<string, ReadonlyMap<Network, Instant>> = new Map()) {
    this.#sets = new Map([...sets].map(([name, ranges]) => [name, new Map(ranges)]));
  }

  /** A book to change while nobody knows whether the kernel will take it. */
  copy(): RangeBook {
    return new RangeBook(this.#sets);
  }

  get(set: string, network: Network): Instant | undefined {
    return this.#sets.get(set)?.get(network);
  }

  put(set: string, network: Network, expiresAt: Instant): void {
    const ranges = this.#sets.get(set) ?? new Map<Network, Instant>();
    this.#sets.set(set, ranges.set(network, expiresAt));
    this.#changed.add(set);
  }

  remove(set: string, network: Network): void {
    if (this.#sets.get(set)?.delete(network) === true) this.#changed.add(set);
  }

  /** The first element of each set that has any: enough to see that somebody has emptied it. */
  *samples(after: Instant, clock: Clock): Generator<readonly [set: string, element: Element]> {
    for (const [set, ranges] of this.#sets) {
      const segments = segmentsOf([...ranges].map(toRange));
      const segment = segments.find(({ expiresAt }) => expiresAt > after);
      if (segment) yield [set, { addresses: segmentElement(segment, clock).addresses }];
    }
  }

  /** Writes the sets that were changed. What has ended is left out: the kernel has dropped it. */
  write(transaction: Transaction, table: string, clock: Clock): void {
    const now = instantNow(clock);
    for (const set of this.#changed) {
      const ranges = [...(this.#sets.get(set) ?? [])].filter(([, expiresAt]) => expiresAt > now);
      this.#sets.set(set, new Map(ranges));
      const place = placeOf(table, set);
      transaction.act(`flush set ${place}`);
      transaction.elements(['add'], place, segmentsOf(ranges.map(toRange)), (segment) =>
        segmentElement(segment, clock),
      );
    }
    this.#changed.clear();
  }
}

function toRange([network, expiresAt]: readonly [Network, Instant]): HeldRange {
  return { network, expiresAt };
}
