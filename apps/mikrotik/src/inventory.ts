import { familyOf, type Instant, type Network } from '@bouncer/stream';
import type { Current, HeldEntry } from '@bouncer/connector';
import type { Family, ForeignRow, Listing, RowRef, SurplusRef } from './address-list.ts';

/** The router rounds, and a command waits for its turn: an end that is nearer than this may have come already. Seconds. */
const ROUNDING = 5;

/** How many rows there may be. */
export interface Expected {
  readonly least: number;
  readonly most: number;
}

/**
 * What was seen on the router beside our entries: rows of others, which are never touched but may cover one of our
 * addresses (RouterOS takes an address only once a list), and rows of ours that are about to be removed.
 */
export class Inventory {
  readonly #foreign = new Map<Family, Map<Network, ForeignRow>>();
  readonly #foreignOther = new Map<Family, number>();
  readonly #covered = new Set<Network>();
  #surplusEnabled = 0;

  /** Takes a new listing of every menu; what is covered by others is held as well, as long as it is. */
  reset(listings: ReadonlyMap<Family, Listing>, now: Instant): Current {
    this.#surplusEnabled = 0;
    this.#foreign.clear();
    const held = new Map<Network, HeldEntry>();
    const surplus: HeldEntry[] = [];
    for (const [family, listing] of listings) {
      this.refresh(family, listing);
      for (const entry of listing.surplus) {
        surplus.push(entry);
        if ((entry.ref as SurplusRef).enabled) this.#surplusEnabled++;
      }
    }
    const [first, ...others] = [...listings.values()].map((listing) => listing.held);
    for (const part of others) for (const [network, entry] of part) first?.set(network, entry);
    for (const network of [...this.#covered]) {
      const row = this.coverOf(network, now);
      if (row?.enabled) (first ?? held).set(network, coveredEntry(network, row));
      else this.#covered.delete(network);
    }
    return { held: first ?? held, surplus };
  }

  /** Takes the rows of others from a listing made in between. */
  refresh(family: Family, { foreign, foreignOther }: Listing): void {
    this.#foreign.set(family, foreign);
    this.#foreignOther.set(family, foreignOther);
  }

  /** The row of somebody else that has this address now. */
  coverOf(network: Network, now: Instant): ForeignRow | undefined {
    const row = this.#foreign.get(familyOf(network))?.get(network);
    return row && row.expiresAt > now ? row : undefined;
  }

  /** Notes that an entry counts as held because of somebody else's row. */
  cover(network: Network, row: ForeignRow): HeldEntry {
    this.#covered.add(network);
    return coveredEntry(network, row);
  }

  /** Notes that an entry is no longer wanted or has a row of its own. */
  uncover(network: Network): void {
    this.#covered.delete(network);
  }

  /** Notes that a row that had to go is gone. */
  surplusRemoved({ enabled }: SurplusRef): void {
    if (enabled) this.#surplusEnabled--;
  }

  /** Rows of others that are known, for the doctor and the facts. */
  get foreignRows(): number {
    let count = 0;
    for (const rows of this.#foreign.values()) count += rows.size;
    for (const other of this.#foreignOther.values()) count += other;
    return count;
  }

  /** Enabled rows that the router should count if nothing has ended since; a look at two numbers. */
  expectedNow(held: ReadonlyMap<Network, HeldEntry>): number {
    let count = held.size - this.#covered.size + this.#surplusEnabled;
    for (const rows of this.#foreign.values()) for (const row of rows.values()) if (row.enabled) count++;
    for (const other of this.#foreignOther.values()) count += other;
    return count;
  }

  /** The same with every end looked at. */
  expected(held: ReadonlyMap<Network, HeldEntry>, now: Instant): Expected {
    let least = this.#surplusEnabled;
    let open = 0;
    const look = (expiresAt: Instant): void => {
      if (expiresAt > now + ROUNDING) least++;
      else if (expiresAt > now - ROUNDING) open++;
    };
    for (const { expiresAt, ref } of held.values()) if ((ref as RowRef | undefined) !== undefined) look(expiresAt);
    for (const rows of this.#foreign.values()) {
      for (const { expiresAt, enabled } of rows.values()) if (enabled) look(expiresAt);
    }
    for (const other of this.#foreignOther.values()) least += other;
    return { least, most: least + open };
  }
}

function coveredEntry(network: Network, { expiresAt }: ForeignRow): HeldEntry {
  return { network, expiresAt, ref: undefined };
}
