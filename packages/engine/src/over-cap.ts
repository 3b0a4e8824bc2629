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
 * written over and over. What is left out may be many times as much: nothing is made for it.
 */
export function withinCap(
  entries: readonly LiveEntry[],
  limit: number,
  isHeld: (network: Network) => boolean,
): readonly LiveEntry[] {
  if (entries.length <= limit) return entries;
  const ordered = [...entries].sort(byImportance);
  const last = ordered[limit - 1];
  if (last === undefined) return [];
  const matters = (entry: LiveEntry): boolean =>
    originRank(entry.origin) === originRank(last.origin) &&
    Math.abs(entry.expiresAt - last.expiresAt) <= SAME_END_SECONDS;
  const first = ordered.findIndex(matters);
  const behind = ordered.findIndex((entry, index) => index >= limit && !matters(entry));
  const equals = ordered.slice(first, behind === -1 ? ordered.length : behind);
  const places = limit - first;
  const held = equals.filter(({ network }) => isHeld(network));
  if (held.length > places) return [...ordered.slice(0, first), ...held.sort(byText).slice(0, places)];
  const others = equals.filter(({ network }) => !isHeld(network)).sort(byText);
  return [...ordered.slice(0, first), ...held, ...others.slice(0, places - held.length)];
}

function byText({ network: a }: LiveEntry, { network: b }: LiveEntry): number {
  return a < b ? -1 : 1;
}
