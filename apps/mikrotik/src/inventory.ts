import type { Instant, Network } from '@bouncer/stream';
import type { Concern, Current, Held } from '@bouncer/target';
import type { HeldRow, RowRef, StrayRef } from './address-list.ts';
import type { ForeignRow, Listing } from './listing.ts';
import { name } from './routeros/script-text.ts';

/** The router rounds, and a command waits for its turn: an end that is nearer than this may have come already. Seconds. */
const ROUNDING_SECONDS = 5;

/** How many rows there may be. */
export interface Expected {
  readonly min: number;
  readonly max: number;
}

/**
 * What was seen on the router beside our entries: rows of others, which are never touched but may cover one of our
 * addresses (RouterOS takes an address only once a list), and rows of ours that are about to be removed.
 */
export class Inventory {
  #foreign = new Map<Network, ForeignRow>();
  #foreignOther = 0;
  readonly #covered = new Set<Network>();
  readonly #assumed = new Set<Network>();
  #straysEnabled = 0;

  /** Takes a new listing of every menu; what is covered by others is held as well, as long as it is. */
  reset(listing: Listing, now: Instant): Current<RowRef> {
    this.refresh(listing);
    const { held, strays } = listing;
    this.#straysEnabled = strays.filter(({ ref }) => typeof ref === 'object' && ref.enabled).length;
    for (const network of [...this.#covered]) {
      const row = this.coverOf(network, now);
      if (row?.enabled) held.set(network, coveredEntry(network, row));
      else this.#covered.delete(network);
    }
    return { held, strays };
  }

  /** What is held as far as is known, without a new listing: less what is known to be gone. */
  recall(known: Held<RowRef>, gone: ReadonlySet<Network>, now: Instant): Current<RowRef> {
    const held = new Map(known);
    for (const network of gone) held.delete(network);
    for (const network of this.#covered) {
      if (this.coverOf(network, now)?.enabled) continue;
      this.#covered.delete(network);
      held.delete(network);
    }
    return { held, strays: [] };
  }

  /** True when that was assumed before, and no look has told since. */
  wasAssumed(network: Network): boolean {
    return this.#assumed.has(network);
  }

  /** What is only believed until the next look, which takes `lookMs` milliseconds. */
  concerns(list: string, lookMs: number): readonly Concern[] {
    if (this.#assumed.size === 0) return [];
    const seconds = String(Math.ceil(lookMs / 1000));
    const seen =
      `${String(this.#assumed.size)} of the addresses stood in the list already, in rows that have not been looked at ` +
      `since: a look takes ${seconds} s on this router, so it is made rarely; a row that is switched off blocks nobody`;
    const fix =
      `wait for the next look, or see on the router: /ip/firewall/address-list/print where list=${name(list)} ` +
      'disabled=yes, and the same under /ipv6; remove what is switched off';
    return [{ level: 'warn', seen, fix }];
  }

  /** Notes that somebody's row, which cannot be looked at now, has this address; it is asked again after `until`. */
  assume(network: Network, until: Instant): HeldRow {
    this.#assumed.add(network);
    const row = { expiresAt: until, enabled: true };
    this.#foreign.set(network, row);
    return this.cover(network, row);
  }

  /** Takes the rows of others from a listing of every menu. */
  refresh({ foreign, foreignOther }: Listing): void {
    this.#foreign = foreign;
    this.#assumed.clear();
    this.#foreignOther = foreignOther;
  }

  /** The row of somebody else that has this address now. */
  coverOf(network: Network, now: Instant): ForeignRow | undefined {
    const row = this.#foreign.get(network);
    return row && row.expiresAt > now ? row : undefined;
  }

  /** Notes that an entry counts as held because of somebody else's row. */
  cover(network: Network, row: ForeignRow): HeldRow {
    this.#covered.add(network);
    return coveredEntry(network, row);
  }

  /** Notes that an entry is no longer wanted or has a row of its own. */
  uncover(network: Network): void {
    this.#covered.delete(network);
    this.#assumed.delete(network);
  }

  /** True when an entry counts as held by a row of somebody else that has ended since: it needs one of its own now. */
  hasLapsed(now: Instant): boolean {
    for (const network of this.#covered) if (!this.coverOf(network, now)?.enabled) return true;
    return false;
  }

  /** Notes that a row that had to go is gone. */
  strayRemoved({ enabled }: StrayRef): void {
    if (enabled) this.#straysEnabled--;
  }

  /** Rows of others that are known, for the doctor and the facts. */
  get foreignRows(): number {
    return this.#foreign.size + this.#foreignOther;
  }

  /** Enabled rows that the router should count if nothing has ended since; our own are not looked at one by one. */
  expectedNow(held: Held<RowRef>): number {
    let count = held.size - this.#covered.size + this.#straysEnabled + this.#foreignOther;
    for (const row of this.#foreign.values()) if (row.enabled) count++;
    return count;
  }

  /** The same with every end looked at. */
  expected(held: Held<RowRef>, now: Instant): Expected {
    let min = this.#straysEnabled + this.#foreignOther;
    let open = 0;
    const look = (expiresAt: Instant): void => {
      if (expiresAt > now + ROUNDING_SECONDS) min++;
      else if (expiresAt > now - ROUNDING_SECONDS) open++;
    };
    for (const { expiresAt, ref } of held.values()) if (ref !== undefined) look(expiresAt);
    for (const { expiresAt, enabled } of this.#foreign.values()) if (enabled) look(expiresAt);
    return { min, max: min + open };
  }
}

function coveredEntry(network: Network, { expiresAt }: ForeignRow): HeldRow {
  return { network, expiresAt, ref: undefined };
}
