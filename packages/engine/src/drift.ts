import type { Instant } from '@bouncer/stream';
import type { Capabilities } from '@bouncer/target';

/**
 * A difference of up to this many seconds is rounding of the device's clock, not a change. Not more: desired ends lie at
 * least a second after those of LAPI, so that even then nothing lapses early.
 */
const ROUNDING_SECONDS = 1;
/** An extension may wait while the device still holds the entry for longer than this: plans are made again well before. */
const DEFER_ABOVE_SECONDS = 600;
const EXTENSION_SHARE = 0.03;
const SHORTENING_SHARE = 0.1;
const MIN_SHORTENING_SECONDS = 60;

/**
 * Whether the end that the device holds is so far from the desired one that a write is worth it.
 * Every write costs a small router about a millisecond and CAPI renews its whole list every two hours, so a small
 * extension waits until the entry comes near its end (it is planned again every few minutes, so it never lapses early).
 * An end that can only be put off to the longest time that the device gives is put off when half of that is over.
 * An end that is too late does no harm while we run; it is repaired when it is far off, in case we do not.
 */
export function isDriftWorthAWrite(desired: Instant, held: Instant, now: Instant, capabilities: Capabilities): boolean {
  // A row without an end blocks for ever: nothing to extend, and it is removed when it is no longer desired.
  if (held === Infinity) return false;
  const wanted = Math.min(desired, now + (capabilities.maxTimeout ?? Infinity));
  const drift = wanted - held;
  if (drift > 0) return drift > Math.max(toleratedExtension(held - now), desired > wanted ? (wanted - now) / 2 : 0);
  return -drift > Math.max(MIN_SHORTENING_SECONDS, SHORTENING_SHARE * (wanted - now));
}

function toleratedExtension(secondsLeft: number): number {
  return secondsLeft > DEFER_ABOVE_SECONDS ? EXTENSION_SHARE * secondsLeft : ROUNDING_SECONDS;
}

/** How often plans must be made again, in seconds, so that an extension that was put off is written in time. */
export const REPLAN_SECONDS = DEFER_ABOVE_SECONDS / 2;
