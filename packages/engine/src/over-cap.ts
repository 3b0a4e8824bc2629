import { originRank } from '@bouncer/stream';
import type { LiveEntry, Network } from '@bouncer/stream';

/**
 * Two pulls read the same end a few seconds apart, and a long answer spreads equal ends over a second or two: ends this
 * close, in seconds, are the same.
 */
const SAME_END_SECONDS = 10;

/** Local decisions first, then console and lists, then CAPI; within one, the longest left first. */
export function byImportance(a: LiveEntry, b: LiveEntry): number {
  return originRank(a.origin) - originRank(b.origin) || b.expiresAt - a.expiresAt;
}

/**
 * The entries that find a place among `limit`. Of those that matter as much as the last one with a place, those stay that
 * the device holds; then the text decides. Otherwise every pull would choose anew, and a device that is full would be
 * written over and over. What is left out may be many times as much: it is not sorted, but for its ends.
 */
export function withinCap(
  entries: readonly LiveEntry[],
  limit: number,
  isHeld: (network: Network) => boolean,
): readonly LiveEntry[] {
  if (entries.length <= limit) return entries;
  if (limit <= 0) return [];
  const { rank, places } = borderOf(entries, limit);
  const ends = Float64Array.from(
    entries.filter(({ origin }) => originRank(origin) === rank),
    ({ expiresAt }) => expiresAt,
  ).sort();
  const last = ends[ends.length - places] ?? 0;
  const kept: LiveEntry[] = [];
  const equals: LiveEntry[] = [];
  for (const entry of entries) {
    const difference = originRank(entry.origin) - rank;
    if (difference < 0 || (difference === 0 && entry.expiresAt > last + SAME_END_SECONDS)) kept.push(entry);
    else if (difference === 0 && entry.expiresAt >= last - SAME_END_SECONDS) equals.push(entry);
  }
  const held = equals.filter(({ network }) => isHeld(network)).sort(byText);
  const others = equals.filter(({ network }) => !isHeld(network)).sort(byText);
  return [...kept, ...[...held, ...others].slice(0, limit - kept.length)];
}

/** The rank of the last one with a place, and how many of that rank find one. */
function borderOf(entries: readonly LiveEntry[], limit: number): { readonly rank: number; readonly places: number } {
  const counts = new Map<number, number>();
  for (const { origin } of entries) counts.set(originRank(origin), (counts.get(originRank(origin)) ?? 0) + 1);
  let places = limit;
  for (const [rank, count] of [...counts].sort(([a], [b]) => a - b)) {
    if (count >= places) return { rank, places };
    places -= count;
  }
  throw new RangeError('there are no more entries than places');
}

function byText({ network: a }: LiveEntry, { network: b }: LiveEntry): number {
  return a < b ? -1 : 1;
}
