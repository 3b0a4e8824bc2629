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
 * The entries that find no place among `limit`. Of those that matter as much as the last one with a place, those stay
 * that the device holds; then the text decides. Otherwise every pull would choose anew, and a device that is full would
 * be written over and over.
 */
export function overCap(
  entries: readonly LiveEntry[],
  limit: number,
  isHeld: (network: Network) => boolean,
): LiveEntry[] {
  if (entries.length <= limit) return [];
  const ordered = [...entries].sort(byImportance);
  const last = ordered[limit - 1];
  if (last === undefined) return ordered;
  const matters = (entry: LiveEntry): boolean =>
    originRank(entry.origin) === originRank(last.origin) &&
    Math.abs(entry.expiresAt - last.expiresAt) <= SAME_END_SECONDS;
  const first = ordered.findIndex(matters);
  const behind = ordered.findIndex((entry, index) => index >= limit && !matters(entry));
  const end = behind === -1 ? ordered.length : behind;
  const equals = ordered
    .slice(first, end)
    .map((entry) => ({ entry, held: isHeld(entry.network) }))
    .sort((a, b) => Number(b.held) - Number(a.held) || (a.entry.network < b.entry.network ? -1 : 1));
  return [...equals.slice(limit - first).map(({ entry }) => entry), ...ordered.slice(end)];
}
