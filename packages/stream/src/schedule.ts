/** Times of the stream's loop, in milliseconds. `random` is a number from 0 up to 1. */

const SECOND = 1000;

/** Longest wait after failures. */
const MAX_BACKOFF_MS = 300 * SECOND;
/** LAPI said no: a wrong key does not get better by asking again (contract 4.6). */
const MIN_AUTH_WAIT_MS = 60 * SECOND;
/** A delta this large may have been cut out of a transaction that was still being committed (contract 4.1). */
export const LARGE_DELTA = 100;
/** When the full pull after a large delta comes: late enough for LAPI to be done, well within the contract's 2 minutes. */
export const AFTER_LARGE_DELTA_MS = 60 * SECOND;
/** From one full pull to the next while removals are held, and for some time after a mass removal (contract 4.10). */
export const WATCH_INTERVAL_MS = 60 * SECOND;
/** How long that goes on after a mass removal. */
export const WATCH_AFTER_REMOVAL_MS = 600 * SECOND;
/** Longest wait after an answer that came whole but was not understood: what it brings is still news. */
export const MAX_MALFORMED_WAIT_MS = 60 * SECOND;
/** From one look at what the filter leaves out to the next. */
export const SURVEY_INTERVAL_MS = 900 * SECOND;
/** At most one full pull in this time because of deletions that we cannot place. */
export const UNKNOWN_DELETION_INTERVAL_MS = 120 * SECOND;
/** A full pull on request waits this long after the pull before: a failing device must not hammer LAPI. */
export const REQUESTED_GAP_MS = 5 * SECOND;
/**
 * Once last_pull is a minute old, any `GET /v1/decisions` with our key (a `check` or `plan` by hand) moves it, and with it
 * what the next delta would have held (read in LAPI 1.4.6 to 1.7.8). So a delta over more than this is not trusted.
 */
export const MAX_DELTA_GAP_MS = 55 * SECOND;
/** From one local expiry to the next. In steps, since a target that writes files pays for every change with a reload. */
export const EXPIRY_INTERVAL_MS = 10 * SECOND;

/** From one pull's start to the next: the frequency, 10 % more or less, so that many bouncers spread out. */
export function pollInterval(frequency: number, random: number): number {
  return frequency * (0.9 + 0.2 * random);
}

/** From one full pull to the next: up to 10 % less than asked for, never more. */
export function resyncAfter(interval: number, random: number): number {
  return interval * (1 - 0.1 * random);
}

/** The wait after the `failures`th failure in a row: full jitter below 2, 4, 8 ... seconds up to `longest`, but at least one. */
export function backoff(failures: number, random: number, maxMs = MAX_BACKOFF_MS): number {
  const ceiling = Math.min(maxMs, SECOND * 2 ** Math.min(failures, 20));
  return Math.max(SECOND, ceiling * random);
}

/** The same after a 401 or 403. */
export function authBackoff(failures: number, random: number): number {
  return Math.max(MIN_AUTH_WAIT_MS * (1 + 0.1 * random), backoff(failures, random));
}
