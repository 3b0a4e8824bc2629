/**
 * What the contract promises after each kind of fault: seconds of the connector's time, counted from the moment at which the
 * fault ends. Numbers in brackets are its sections.
 */

/** From one poll to the next at the most: ten seconds, jittered by 10 % (3). News has to be in force by then. */
export const POLL = 11;
/** A device that is back, or was emptied or changed behind our back, is right again (4.7). */
export const HEALED = 60;
/** The same for pfSense. */
export const HEALED_PFSENSE = 90;
/** SIGTERM has ended us (2). */
export const STOPPED = 10;
/** A device that accepts and never answers is given up (4.7); the try that was under way when it came back may take as long. */
const GIVEN_UP = 60;
/**
 * Until /readyz and /status.json tell of a fault: a device is looked at every 20 s and given up within 60 s, and a pull is
 * old after 30 s (7).
 */
export const TOLD = 20 + GIVEN_UP;
/** Time limit of a full pull (4.8), which may be under way as well. */
const PULL_LIMIT = 120;
/** Longest wait after failures (4.6). */
const MAX_BACKOFF_SECONDS = 300;
/** A refused key is tried once a minute at most (4.6), jittered by 10 % like everything else. */
const REFUSED_WAIT = 66;

/** What a promise may hang on. */
export interface Circumstances {
  /** Pulls that had failed when the fault ended, and the one that may have been under way. */
  readonly failedPulls: number;
  /** HEALED or HEALED_PFSENSE. */
  readonly healed: number;
}

/** Seconds until all must be right again. */
export type Promised = (circumstances: Circumstances) => number;

/** LAPI is tried again after a backoff that doubles with each failure; `least` is a longer wait that LAPI has asked for. */
export function afterBackoff(least = 0): Promised {
  return ({ failedPulls }) => Math.max(least, Math.min(MAX_BACKOFF_SECONDS, 2 ** failedPulls));
}

export const afterHungPull: Promised = (circumstances) => PULL_LIMIT + afterBackoff()(circumstances);
export const afterRefusal: Promised = afterBackoff(REFUSED_WAIT);
export const afterHungDevice: Promised = ({ healed }) => GIVEN_UP + healed;
