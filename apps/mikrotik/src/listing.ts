import { familyOf, instantNow, parseNetwork, type Clock, type Instant, type Network } from '@bouncer/stream';
import type { Held } from '@bouncer/target';
import { menuOf } from './address-list.ts';
import type { Family, HeldRow, RowRef, StrayRef } from './address-list.ts';
import { MARK } from './firewall/mark.ts';
import type { Lists } from './firewall/lists.ts';
import { trapError } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { scan, type LifeSign } from './routeros/scan.ts';
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
const LIST = attribute('list');
const PROPERTIES = '=.proplist=.id,address,timeout,comment,dynamic,disabled';
/** Ends are told in whole seconds: so far apart they are the same. */
const ROUNDING_SECONDS = 2;

/**
 * What our list holds, of one family or of both. Each row is read while it is in the receive buffer and kept as an
 * entry of three small fields. What was known before and is still so is the same object: a listing that finds nothing new
 * costs the map alone.
 */
export class Listing {
  /** Rows with our mark that must go: duplicates, disabled rows, text that is no network. */
  readonly strays: HeldRow[] = [];
  /** Rows of others whose address is a network. */
  readonly foreign = new Map<Network, ForeignRow>();
  /** Enabled rows of others that hold something else: names, ranges. */
  foreignOther = 0;
  /** Rows of ours that are in order. */
  readonly held = new Map<Network, HeldRow>();
  readonly #known: Held<RowRef>;
  readonly #lists: Lists | undefined;

  /** `known`: what was held before. `lists`: where there are several, each row of ours is noted with its own. */
  constructor(known: Held<RowRef> = new Map(), lists?: Lists) {
    this.#known = known;
    this.#lists = lists?.areSeveral ? lists : undefined;
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
      if (network !== undefined && !this.foreign.has(network)) this.foreign.set(network, { expiresAt, enabled });
      else if (enabled) this.foreignOther++;
      return;
    }
    const id = row.idNumber(ID);
    if (id === undefined) return;
    if (network !== undefined && enabled) this.#hold(network, expiresAt, id, this.#placeOf(row, family));
    // Text that is no network is carried as one to the removal, which goes by the id alone.
    else this.#mustGo(network ?? (address as Network), expiresAt, { id, family, enabled });
  }

  /** Of two rows with one address the one that lasts longer stays. */
  #hold(network: Network, expiresAt: Instant, id: number, place: string | undefined): void {
    const known = this.#known.get(network);
    const isSame =
      known?.ref === id && known.place === place && Math.abs(known.expiresAt - expiresAt) <= ROUNDING_SECONDS;
    const twin = this.held.get(network);
    if (twin && twin.expiresAt >= expiresAt) {
      this.#mustGo(network, expiresAt, { id, family: familyOf(network), enabled: true });
      return;
    }
    if (twin) this.#mustGo(network, twin.expiresAt, strayRef(network, twin.ref));
    const row = { network, expiresAt, ref: id, ...(place !== undefined && { place }) };
    this.held.set(network, isSame ? known : row);
  }

  /** The name as we have it: one text for all rows. */
  #placeOf(row: Sentence, family: Family): string | undefined {
    if (!this.#lists) return undefined;
    const name = row.value(LIST);
    return this.#lists.of(family).find((each) => each === name);
  }

  #mustGo(network: Network, expiresAt: Instant, ref: StrayRef | undefined): void {
    this.strays.push({ network, expiresAt, ref });
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
function strayRef(network: Network, ref: RowRef | undefined): StrayRef | undefined {
  return typeof ref === 'number' ? { id: ref, family: familyOf(network), enabled: true } : ref;
}

/** What a reading needs to know. */
export interface ReadingOptions {
  readonly lists: Lists;
  readonly clock: Clock;
  /** How to see that the router lives, while it says nothing. */
  readonly life: LifeSign;
}

/** Reads all rows of our lists in one family's menu into a listing. AuthError when the policy `read` is missing. */
export async function readListing(
  link: Link,
  family: Family,
  { lists, clock, life }: ReadingOptions,
  listing: Listing,
  signal: AbortSignal,
): Promise<void> {
  const properties = lists.areSeveral ? `${PROPERTIES},list` : PROPERTIES;
  const words = [`${menuOf(family)}/print`, properties, ...lists.query(family)];
  const { trap } = await scan(link, words, life, clock, signal, (row) => {
    listing.take(row, family, instantNow(clock));
  });
  if (trap !== undefined) throw trapError(trap, words[0] ?? '', 'read');
}
