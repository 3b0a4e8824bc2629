import { familyOf, type Instant, type Network } from '@bouncer/stream';
import type { Held } from '@bouncer/target';
import { menuOf, printId } from './address-list.ts';
import type { Family, HeldRow, RowRef } from './address-list.ts';
import { command } from './routeros/command.ts';
import { trapError, trapKind } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { attribute } from './routeros/sentence.ts';
import type { Sentence } from './routeros/sentence.ts';

/** Rows of each family that one look asks for. */
const SIZE = 4;
/** What ends so soon may be gone by the time the router answers. Seconds. */
const NEAR_END_SECONDS = 10;

const LIST = attribute('list');
const ADDRESS = attribute('address');
const DISABLED = attribute('disabled');

/** Some rows of ours of each family, others each time. */
export function drawSample(
  held: Held<RowRef>,
  now: Instant,
  random: () => number = Math.random,
): Readonly<Record<Family, readonly HeldRow[]>> {
  const drawn: Record<Family, HeldRow[]> = { 4: [], 6: [] };
  const seen = { 4: 0, 6: 0 };
  for (const row of held.values()) {
    if (typeof row.ref !== 'number' || row.expiresAt <= now + NEAR_END_SECONDS) continue;
    const family = familyOf(row.network);
    const place = Math.floor(random() * ++seen[family]);
    if (drawn[family].length < SIZE) drawn[family].push(row);
    else if (place < SIZE) drawn[family][place] = row;
  }
  return drawn;
}

/**
 * Asks for rows by their ids, which costs the router next to nothing however many rows the menu has. Gives those that are not
 * there any more, or not as we left them (in `list` where they have no place of their own); undefined when this router does not answer such questions. AuthError when the
 * policy `read` is missing.
 */
export async function findGone(
  link: Link,
  list: string,
  rows: readonly HeldRow[],
  signal: AbortSignal,
): Promise<readonly Network[] | undefined> {
  const answers = await Promise.all(rows.map((row) => isAsWeLeftIt(link, list, row, signal)));
  if (answers.includes(undefined)) return undefined;
  return rows.filter((_, index) => answers[index] === false).map(({ network }) => network);
}

async function isAsWeLeftIt(
  link: Link,
  list: string,
  { network, ref, place = list }: HeldRow,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const menu = menuOf(familyOf(network));
  const id = typeof ref === 'number' ? printId(ref) : '';
  let isRight = false;
  const look = (row: Sentence): void => {
    const address = row.value(ADDRESS)?.replace(/\/128$/, '');
    isRight = row.value(LIST) === place && address === network && row.value(DISABLED) !== 'true';
  };
  const words = [`${menu}/print`, '=.proplist=list,address,disabled', `=.id=${id}`];
  const { trap } = await command(link, words, signal, look);
  if (trap === undefined || trapKind(trap) === 'missing') return isRight;
  if (trapKind(trap) === 'invalid' || trapKind(trap) === 'other') return undefined;
  throw trapError(trap, words[0] ?? '', 'read');
}
