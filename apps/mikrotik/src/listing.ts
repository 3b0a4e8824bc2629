import { familyOf, instantNow, parseNetwork, type Clock, type Instant, type Network } from '@bouncer/stream';
import type { HeldEntry } from '@bouncer/target';
import { menuOf } from './address-list.ts';
import type { Family, SurplusRef } from './address-list.ts';
import { IdSet } from './id-set.ts';
import { MARK } from './mark.ts';
import { command } from './routeros/command.ts';
import { trapError } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { attribute, bytesOf } from './routeros/sentence.ts';
import type { Sentence } from './routeros/sentence.ts';
import { parseTimeout } from './routeros/timeouts.ts';

/** A row of somebody else. */
export interface ForeignRow {
  readonly expiresAt: Instant;
  readonly enabled: boolean;
}

const ID = attribute('.id');
const ADDRESS = attribute('address');
const TIMEOUT = attribute('timeout');
const COMMENT = attribute('comment');
const DISABLED = attribute('disabled');
const TRUE = bytesOf('true');
const OUR_MARK = bytesOf(MARK);
const BLANK = 0x20;
const PROPERTIES = '=.proplist=.id,address,timeout,comment,dynamic,disabled';
/** Ends are told in whole seconds: so far apart they are the same. */
const ROUNDING = 2;

/**
 * What our list holds, of one family or of both. Each row is read while it is in the receive buffer and kept as an
 * entry of three small fields. What was known before stays the same object in the same map: a listing that finds
 * nothing new costs eight bytes a row and leaves no garbage.
 */
export class Listing {
  /** Rows with our mark that must go: duplicates, disabled rows, text that is no network. */
  readonly surplus: HeldEntry[] = [];
  /** Rows of others whose address is a network. */
  readonly foreign = new Map<Network, ForeignRow>();
  /** Enabled rows of others that hold something else: names, ranges. */
  foreignOther = 0;
  readonly #known: Map<Network, HeldEntry>;
  /** Rows of ours that are not as they were known, or not known. */
  readonly #news = new Map<Network, HeldEntry>();
  /** Rows of ours that are still as they were known. The menus number their rows each for itself. */
  readonly #same: Readonly<Record<Family, IdSet>> = { 4: new IdSet(), 6: new IdSet() };

  /** `known`: what was held before; it is changed by `settle` only. */
  constructor(known = new Map<Network, HeldEntry>()) {
    this.#known = known;
  }

  /** Rows of ours that are in order. */
  get size(): number {
    return this.#same[4].size + this.#same[6].size + this.#news.size;
  }

  /** Takes one row of a family's menu, seen at `now`. */
  take(row: Sentence, family: Family, now: Instant): void {
    const address = row.value(ADDRESS) ?? '';
    const timeout = row.value(TIMEOUT);
    // A row without a timeout stays until somebody removes it; so does one whose timeout we cannot read.
    const expiresAt = timeout === undefined ? Infinity : now + (parseTimeout(timeout) ?? Infinity);
    const enabled = !row.valueIs(DISABLED, TRUE);
    const network = this.#networkOf(address, family);
    if (!row.valueIs(COMMENT, OUR_MARK, BLANK)) {
      if (network !== undefined) this.foreign.set(network, { expiresAt, enabled });
      else if (enabled) this.foreignOther++;
      return;
    }
    const id = row.idNumber(ID);
    if (id === undefined) return;
    if (network !== undefined && enabled) this.#hold(network, expiresAt, id, family);
    // Text that is no network is carried as one to the removal, which goes by the id alone.
    else this.#mustGo(network ?? (address as Network), expiresAt, { id, family, enabled });
  }

  /** The row of ours that holds a network. */
  own(network: Network): HeldEntry | undefined {
    const known = this.#known.get(network);
    return this.#news.get(network) ?? (known && this.#isSame(known) ? known : undefined);
  }

  /** All that is held now, in the map of what was known before. The listing is over. */
  settle(): Map<Network, HeldEntry> {
    if (this.#known.size === 0) return this.#news;
    for (const [network, entry] of this.#known) if (!this.#isSame(entry)) this.#known.delete(network);
    for (const [network, entry] of this.#news) {
      const twin = this.#known.get(network);
      if (twin) this.#mustGo(network, twin.expiresAt, surplusRef(twin));
      this.#known.set(network, entry);
    }
    return this.#known;
  }

  #hold(network: Network, expiresAt: Instant, id: number, family: Family): void {
    const known = this.#known.get(network);
    if (known?.ref === id && Math.abs(known.expiresAt - expiresAt) <= ROUNDING) {
      this.#same[family].add(id);
      return;
    }
    const twin = this.#news.get(network);
    if (twin && twin.expiresAt >= expiresAt) {
      this.#mustGo(network, expiresAt, { id, family, enabled: true });
      return;
    }
    if (twin) this.#mustGo(network, twin.expiresAt, surplusRef(twin));
    this.#news.set(known?.network ?? network, { network: known?.network ?? network, expiresAt, ref: id });
  }

  #isSame({ network, ref }: HeldEntry): boolean {
    return typeof ref === 'number' && this.#same[familyOf(network)].has(ref);
  }

  #mustGo(network: Network, expiresAt: Instant, ref: SurplusRef): void {
    this.surplus.push({ network, expiresAt, ref });
  }

  /** The router prints a single IPv6 address with its length. A text that is known need not be parsed. */
  #networkOf(address: string, family: Family): Network | undefined {
    const text = family === 6 && address.endsWith('/128') ? address.slice(0, -4) : address;
    const known = this.#known.get(text as Network)?.network;
    if (known !== undefined) return known;
    const network = parseNetwork(text);
    return network !== undefined && familyOf(network) === family ? network : undefined;
  }
}

/** The handle of a second row of ours with the same address. */
function surplusRef({ network, ref }: HeldEntry): SurplusRef {
  return { id: ref as number, family: familyOf(network), enabled: true };
}

/** Reads all rows of one list of a family into a listing. AuthError when the policy `read` is missing. */
export async function readListing(
  link: Link,
  family: Family,
  list: string,
  clock: Clock,
  listing: Listing,
  signal: AbortSignal,
): Promise<void> {
  const words = [`${menuOf(family)}/print`, PROPERTIES, `?list=${list}`];
  const { trap } = await command(link, words, signal, (row) => {
    listing.take(row, family, instantNow(clock));
  });
  if (trap !== undefined) throw trapError(trap, words[0] ?? '', 'read');
}
