import type { Changes, Held, HeldEntry } from '@bouncer/target';
import { instantNow, isSingle, type Clock, type Entry, type Instant, type Network } from '@bouncer/stream';
import type { OriginGroups } from './origin-group.ts';
import { setOf } from './names.ts';
import type { RangeBook } from './range-book.ts';
import { keyOf, placeOf } from './script.ts';
import type { Transaction } from './transaction.ts';

/** An entry, and the set that it is in. */
export type HeldElement = HeldEntry<string>;

/** What a transaction will have done once the kernel has taken it. */
export interface Outcome {
  readonly written: readonly HeldElement[];
  readonly removed: readonly HeldElement[];
  readonly book: RangeBook;
}

interface WriterOptions {
  readonly table: string;
  readonly clock: Clock;
  /** Seconds; longer ends are clamped. */
  readonly maxTimeout: number;
  /** What the kernel is known to hold. */
  readonly known: Held<string>;
  readonly book: RangeBook;
  readonly groups: OriginGroups;
}

/** What happens to the elements of one hash set. */
interface SetChange {
  readonly gone: Network[];
  /** Made elements only while they are printed: a large load has many of them. */
  readonly fresh: HeldElement[];
}

/** Turns changes into one transaction. Nothing here asks the kernel anything: a delta costs what it changes. */
export class Writer {
  readonly #options: WriterOptions;
  readonly #now: Instant;
  readonly #book: RangeBook;
  readonly #sets = new Map<string, SetChange>();
  readonly #written: HeldElement[] = [];
  readonly #removed: HeldElement[] = [];

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#now = instantNow(options.clock);
    this.#book = options.book.copy();
  }

  add({ create, update, delete: remove }: Changes<string>): Outcome {
    for (const entry of create) this.#put(entry, this.#options.known.get(entry.network));
    for (const { entry, held } of update) this.#put(entry, held);
    for (const held of remove) {
      this.#take(held);
      this.#removed.push(held);
    }
    return { written: this.#written, removed: this.#removed, book: this.#book };
  }

  /**
   * Puts it all into a transaction. An element is deleted by adding it first: whether it is there or has just run out,
   * both go through. Then the new end: an older kernel (before 6.12) ignores it for an element that it has.
   */
  write(transaction: Transaction): void {
    const { table, clock } = this.#options;
    for (const [set, { gone, fresh }] of this.#sets) {
      const place = placeOf(table, set);
      transaction.elements(['add', 'delete'], place, gone, keyOf);
      transaction.elements(['add'], place, fresh, ({ network, expiresAt }) => ({
        addresses: network,
        timeout: expiresAt - this.#now,
      }));
    }
    this.#book.write(transaction, table, clock);
  }

  #put(entry: Entry, held: HeldElement | undefined): void {
    const { network } = entry;
    const set = setOf(network, this.#options.groups.of(entry));
    const timeout = Math.min(Math.max(1, entry.expiresAt - this.#now), this.#options.maxTimeout);
    const expiresAt = this.#now + timeout;
    const fresh: HeldElement = { network, expiresAt, ref: set };
    if (held && held.ref !== set) this.#take(held);
    if (isSingle(network)) {
      if (held?.ref === set) this.#change(set).gone.push(network);
      this.#change(set).fresh.push(fresh);
    } else {
      this.#book.put(set, network, expiresAt);
    }
    this.#written.push(fresh);
  }

  #take({ network, ref: set }: HeldElement): void {
    if (set === undefined) return;
    if (set.endsWith('_ranges')) this.#book.remove(set, network);
    else this.#change(set).gone.push(network);
  }

  #change(set: string): SetChange {
    const change = this.#sets.get(set) ?? { gone: [], fresh: [] };
    this.#sets.set(set, change);
    return change;
  }
}
