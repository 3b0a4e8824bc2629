import {
  familyOf,
  instantNow,
  parseNetwork,
  type Clock,
  type Entry,
  type Instant,
  type Network,
} from '@bouncer/stream';
import type { HeldEntry } from '@bouncer/connector';
import { commentFor, isOurs } from './mark.ts';
import { command } from './routeros/command.ts';
import { trapError } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { attribute, type Sentence } from './routeros/sentence.ts';
import { parseTimeout, printTimeout } from './routeros/timeouts.ts';

/** Address family. */
export type Family = 4 | 6;

/**
 * Handle of a row: its number (the hexadecimal id after the `*`) when its network tells the menu it is in; with the menu
 * for rows that must go. Undefined in an entry that somebody else's row covers.
 */
export type RowRef = number | SurplusRef;

/** Handle of a row that must go. */
export interface SurplusRef {
  readonly id: number;
  readonly family: Family;
  /** False for a row that does not match packets. */
  readonly enabled: boolean;
}

/** A row of somebody else. */
export interface ForeignRow {
  readonly expiresAt: Instant;
  readonly enabled: boolean;
}

/** What one menu holds in our list. */
export interface Listing {
  readonly held: Map<Network, HeldEntry>;
  readonly surplus: HeldEntry[];
  /** Rows of others whose address is a network. */
  readonly foreign: Map<Network, ForeignRow>;
  /** Enabled rows of others that hold something else: names, ranges. */
  foreignOther: number;
}

const ID = attribute('.id');
const ADDRESS = attribute('address');
const TIMEOUT = attribute('timeout');
const COMMENT = attribute('comment');
const DISABLED = attribute('disabled');
const PROPERTIES = '=.proplist=.id,address,timeout,comment,dynamic,disabled';

/** The address-list menu of a family. */
export function menuOf(family: Family): string {
  return family === 4 ? '/ip/firewall/address-list' : '/ipv6/firewall/address-list';
}

/** Reads all rows of one list. Each row is read as it arrives and kept as an entry of three small fields. */
export async function listRows(
  link: Link,
  family: Family,
  list: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Listing> {
  const listing: Listing = { held: new Map(), surplus: [], foreign: new Map(), foreignOther: 0 };
  const words = [`${menuOf(family)}/print`, PROPERTIES, `?list=${list}`];
  const { trap } = await command(link, words, signal, (row) => {
    takeRow(listing, row, family, instantNow(clock));
  });
  if (trap !== undefined) throw trapError(trap, words[0] ?? '', 'read');
  return listing;
}

/** Counts the enabled rows of one list, without reading them. Undefined when the router has no such menu. */
export async function countRows(
  link: Link,
  family: Family,
  list: string,
  signal: AbortSignal,
): Promise<{ count: number } | { trap: string }> {
  const words = [`${menuOf(family)}/print`, '=count-only=', `?list=${list}`, '?disabled=false'];
  const { trap, ret } = await command(link, words, signal);
  return trap === undefined ? { count: Number(ret ?? 0) } : { trap };
}

/** Words of an `add`. The timeout makes it a dynamic row: in RAM only, no flash is written. */
export function addWords(list: string, entry: Entry, timeout: number): string[] {
  const { network } = entry;
  const family = familyOf(network);
  return [
    `${menuOf(family)}/add`,
    `=list=${list}`,
    // A single IPv6 address is held, and printed, with its length.
    `=address=${family === 6 && !network.includes('/') ? `${network}/128` : network}`,
    `=timeout=${printTimeout(timeout)}`,
    `=comment=${commentFor(entry)}`,
  ];
}

/** Words of a `set` that gives a row of ours a new end, and wakes it up if it was disabled. */
export function setWords(id: number, entry: Entry, timeout: number): string[] {
  return [
    `${menuOf(familyOf(entry.network))}/set`,
    `=.id=${printId(id)}`,
    `=timeout=${printTimeout(timeout)}`,
    `=comment=${commentFor(entry)}`,
    '=disabled=no',
  ];
}

/** Words of a `remove` of some rows of one menu. */
export function removeWords(family: Family, ids: readonly number[]): string[] {
  return [`${menuOf(family)}/remove`, `=.id=${ids.map(printId).join(',')}`];
}

/** The number of a row id `*1F`; undefined when it is none. */
export function parseId(text: string | undefined): number | undefined {
  return text !== undefined && /^\*[0-9A-Fa-f]{1,13}$/.test(text) ? Number.parseInt(text.slice(1), 16) : undefined;
}

function printId(id: number): string {
  return `*${id.toString(16).toUpperCase()}`;
}

function takeRow(listing: Listing, row: Sentence, family: Family, now: Instant): void {
  const address = row.value(ADDRESS) ?? '';
  const timeout = row.value(TIMEOUT);
  // A row without a timeout stays until somebody removes it; so does one whose timeout we cannot read.
  const left = timeout === undefined ? undefined : parseTimeout(timeout);
  const expiresAt = left === undefined ? Infinity : now + left;
  const enabled = row.value(DISABLED) !== 'true';
  const network = parseNetwork(address);
  const fits = network !== undefined && familyOf(network) === family;
  if (!isOurs(row.value(COMMENT))) {
    if (fits) listing.foreign.set(network, { expiresAt, enabled });
    else if (enabled) listing.foreignOther++;
    return;
  }
  const id = parseId(row.value(ID));
  if (id === undefined) return;
  const surplus = (of: HeldEntry, rowId: number): void => {
    const ref: SurplusRef = { id: rowId, family, enabled };
    listing.surplus.push({ network: of.network, expiresAt: of.expiresAt, ref });
  };
  // Text that is no network is carried as one to the removal, which goes by the id alone.
  const entry: HeldEntry = { network: fits ? network : (address as Network), expiresAt, ref: id };
  if (!fits || !enabled) {
    surplus(entry, id);
    return;
  }
  const other = listing.held.get(network);
  if (other && other.expiresAt >= expiresAt) {
    surplus(entry, id);
    return;
  }
  if (other) surplus(other, other.ref as number);
  listing.held.set(network, entry);
}
