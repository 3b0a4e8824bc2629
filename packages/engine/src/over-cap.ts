import { originRank } from '@bouncer/stream';
import type { DecisionSet, Entry, Instant, Network } from '@bouncer/stream';

/**
 * Two pulls read the same end a few seconds apart, and a long answer spreads equal ends over a second or two: ends this
 * close, in seconds, are the same.
 */
const SAME_END_SECONDS = 10;

/**
 * Local decisions first, then console and lists, then CAPI; within one, the longest left first. By rank first: a rank is a
 * look-up, and a comparison of 100,000 entries would make millions.
 */
export function sortByImportance(entries: readonly Entry[]): Entry[] {
  const ranks: Entry[][] = [];
  for (const entry of entries) (ranks[originRank(entry.origin)] ??= []).push(entry);
  return ranks.flatMap((equals) => equals.sort((a, b) => b.expiresAt - a.expiresAt));
}

/** Shows every network that asks for a place; may be called again. */
export type Visit = DecisionSet['visit'];

/** What the last one with a place has. Of those that are close to it, some have a place and others none. */
export interface Border {
  readonly rank: number;
  readonly end: Instant;
}

/** Who has a place under a cap, and where it ends. */
export interface Choice {
  readonly chosen: ReadonlySet<Network>;
  readonly border: Border;
}

/**
 * The networks that find a place among `limit`. Of those that matter as much as the last one with a place, those stay that
 * the device holds; then the text decides. Otherwise every pull would choose anew, and a device that is full would be
 * written over and over. What is left out may be many times as much: it is walked over and never gathered.
 */
export function withinCap(visit: Visit, limit: number, isHeld: (network: Network) => boolean): Choice {
  const chosen = new Set<Network>();
  if (limit <= 0) return { chosen, border: { rank: -1, end: 0 } };
  const border = borderOf(visit, limit);
  const held: Network[] = [];
  const others: Network[] = [];
  visit((network, rank, end) => {
    const side = sideOf(border, rank, end);
    if (side > 0) chosen.add(network);
    else if (side === 0) (isHeld(network) ? held : others).push(network);
  });
  for (const equals of [held, others]) {
    for (const network of equals.sort(byText).slice(0, limit - chosen.size)) chosen.add(network);
  }
  return { chosen, border };
}

/** 1 where it has a place for certain, -1 where it has none, 0 where it matters as much as the last one that has. */
export function sideOf(border: Border, rank: number, end: Instant): -1 | 0 | 1 {
  if (rank !== border.rank) return rank < border.rank ? 1 : -1;
  if (Math.abs(end - border.end) <= SAME_END_SECONDS) return 0;
  return end > border.end ? 1 : -1;
}

/** The rank of the last one with a place, and its end. When all find one, nothing lies at the border. */
function borderOf(visit: Visit, limit: number): Border {
  const counts: number[] = [];
  visit((_, rank) => {
    while (counts.length <= rank) counts.push(0);
    counts[rank] = (counts[rank] ?? 0) + 1;
  });
  let places = limit;
  const border = counts.findIndex((count) => {
    if (count >= places) return true;
    places -= count;
    return false;
  });
  if (border === -1) return { rank: Infinity, end: 0 };
  const ends = new Int32Array(counts[border] ?? 0);
  let index = 0;
  visit((_, rank, end) => {
    if (rank === border) ends[index++] = end;
  });
  return { rank: border, end: ends.sort()[ends.length - places] ?? 0 };
}

function byText(a: Network, b: Network): number {
  return a < b ? -1 : 1;
}
