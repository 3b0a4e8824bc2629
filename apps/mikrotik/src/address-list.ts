import { familyOf, type Entry } from '@bouncer/stream';
import type { HeldEntry } from '@bouncer/target';
import { commentFor } from './firewall/mark.ts';
import { command } from './routeros/command.ts';
import { trapKind } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { printTimeout } from './routeros/timeouts.ts';

/** Address family. */
export type Family = 4 | 6;

/**
 * Handle of a row: its number (the hexadecimal id after the `*`) when its network tells the menu it is in; with the menu
 * for rows that must go. Undefined in an entry that somebody else's row covers.
 */
export type RowRef = number | StrayRef;

/** A row that we hold. */
export type HeldRow = HeldEntry<RowRef>;

/** Handle of a row that must go. */
export interface StrayRef {
  readonly id: number;
  readonly family: Family;
  /** False for a row that does not match packets. */
  readonly enabled: boolean;
}

/** The address-list menu of a family. */
export function menuOf(family: Family): string {
  return family === 4 ? '/ip/firewall/address-list' : '/ipv6/firewall/address-list';
}

/** Whether the router has the menu of a family; asks for a row that cannot exist, so that nothing is looked through. */
export async function hasMenu(link: Link, family: Family, signal: AbortSignal): Promise<{ trap?: string | undefined }> {
  const { trap } = await command(link, [`${menuOf(family)}/print`, '=.proplist=.id', '=.id=*FFFFFFFF'], signal);
  const kind = trap === undefined ? 'missing' : trapKind(trap);
  return kind === 'no-command' || kind === 'permission' ? { trap } : {};
}

/** Counts the enabled rows that a query finds, without reading them. The trap when it cannot be told. */
export async function countRows(
  link: Link,
  family: Family,
  query: readonly string[],
  signal: AbortSignal,
): Promise<{ count: number } | { trap: string }> {
  const words = [`${menuOf(family)}/print`, '=count-only=', ...query, '?disabled=false'];
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

/** Words of a `set` that gives a row of ours a new end, and changes nothing else. */
export function setWords(id: number, entry: Entry, timeout: number): string[] {
  return [`${menuOf(familyOf(entry.network))}/set`, `=.id=${printId(id)}`, `=timeout=${printTimeout(timeout)}`];
}

/** Words of a `remove` of some rows of one menu. */
export function removeWords(family: Family, ids: readonly number[]): string[] {
  return [`${menuOf(family)}/remove`, `=.id=${ids.map(printId).join(',')}`];
}

/** The number of a row id `*1F`; undefined when it is none. */
export function parseId(text: string | undefined): number | undefined {
  return text !== undefined && /^\*[0-9A-Fa-f]{1,13}$/.test(text) ? Number.parseInt(text.slice(1), 16) : undefined;
}

/** `*1F`: how the router writes the id of a row. */
export function printId(id: number): string {
  return `*${id.toString(16).toUpperCase()}`;
}
