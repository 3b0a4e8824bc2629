import type { Held } from '@bouncer/target';
import { instantNow, type Clock, type Instant, type Network } from '@bouncer/stream';
import { placeOf } from './script.ts';
import type { Element } from './script.ts';
import { segmentElement } from './segment-text.ts';
import { segmentsOf } from './segments.ts';
import type { HeldRange } from './segments.ts';
import type { Transaction } from './transaction.ts';

type Sets = Map<string, Map<Network, Instant>>;

/**
 * The ranges in each interval set. A change of one of them writes its set anew, emptied and filled within one
 * transaction: with nft a single deletion from a large interval set takes longer than that.
 */
export class RangeBook {
  readonly #held: Held<string>;
  #own: Sets | undefined;
  readonly #changed = new Set<string>();

  /** Of what is held. Nothing is read of it before a range is asked for: a change of addresses alone costs nothing here. */
  constructor(held: Held<string>) {
    this.#held = held;
  }

  /** A book to change while nobody knows whether the kernel will take it. */
  copy(): RangeBook {
    const copy = new RangeBook(this.#held);
    if (this.#own) copy.#own = new Map([...this.#own].map(([name, ranges]) => [name, new Map(ranges)]));
    return copy;
  }

  get #sets(): Sets {
    return (this.#own ??= readSets(this.#held));
  }

  put(set: string, network: Network, expiresAt: Instant): void {
    const ranges = this.#sets.get(set) ?? new Map<Network, Instant>();
    this.#sets.set(set, ranges.set(network, expiresAt));
    this.#changed.add(set);
  }

  /** Also what is not known to be there: a stray may be. */
  remove(set: string, network: Network): void {
    this.#sets.get(set)?.delete(network);
    this.#changed.add(set);
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

function readSets(held: Held<string>): Sets {
  const sets: Sets = new Map();
  for (const { network, expiresAt, ref } of held.values()) {
    if (ref?.endsWith('_ranges') !== true) continue;
    const ranges = sets.get(ref) ?? new Map<Network, Instant>();
    sets.set(ref, ranges.set(network, expiresAt));
  }
  return sets;
}

function toRange([network, expiresAt]: readonly [Network, Instant]): HeldRange {
  return { network, expiresAt };
}
