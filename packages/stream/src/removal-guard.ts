/** Below so many entries nothing is held back: a small list may well change as a whole. */
export const MIN_GUARDED_ENTRIES = 100;
/**
 * While removals are held, only a pull that asks for less than this part of MAX_REMOVAL_PERCENT ends it: a list of which
 * a half comes back is not a list that is whole again.
 */
const RECOVERED = 1 / 5;
/** Confirmed removals stay so while they are carried out, and while no more than this is added to them. */
const AGREEMENT_SHARE = 1.05;
const MIN_AGREEMENT = 10;

/** Removals by absence that are held back. Moments are monotonic milliseconds. */
export interface HeldRemovals {
  /** The first of the full pulls in a row that agree, and its number. */
  readonly since: number;
  readonly pull: number;
  /** Not before this moment are they carried out. */
  readonly until: number;
  /** Entries that would go, of how many. */
  readonly removals: number;
  readonly held: number;
  /** True once time and the other road agreed. */
  readonly confirmed: boolean;
}

/** What the guard is asked after a full pull. */
export interface RemovalQuestion {
  /** Entries that would go because the pull does not name them. */
  readonly removals: number;
  /** Entries before. */
  readonly held: number;
  /** MAX_REMOVAL_PERCENT, 0 to 100. */
  readonly maxPercent: number;
  /** MAX_REMOVAL_HOLD in milliseconds. */
  readonly holdMs: number;
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Since when no pull has failed: one that failed has not agreed. */
  readonly calmSince: number;
  /** Number of the last complete full pull. */
  readonly pull: number;
}

/**
 * Absence is weak evidence: LAPI 1.7.8 answers a full pull with 200 and an empty or short list while its database fails.
 * So removals in bulk wait until every full pull over some time has agreed, and then for the other road (contract 4.10).
 * Returns what is held; undefined when the removals may go.
 */
export function guardRemovals(question: RemovalQuestion, memory: HeldRemovals | undefined): HeldRemovals | undefined {
  const { removals, maxPercent, holdMs, now, calmSince, pull } = question;
  if (!memory && question.held < MIN_GUARDED_ENTRIES) return undefined;
  const isHolding = memory !== undefined && !memory.confirmed;
  const held = isHolding ? Math.max(question.held, memory.held) : question.held;
  if (removals * 100 <= held * maxPercent * (isHolding ? RECOVERED : 1)) return undefined;
  if (memory?.confirmed && removals <= AGREEMENT_SHARE * memory.removals + MIN_AGREEMENT) return memory;
  if (!isHolding || calmSince > memory.since) {
    return { since: now, pull, until: now + holdMs, removals, held, confirmed: false };
  }
  return { ...memory, removals, held };
}

/** True when the pulls have agreed for long enough, so that the other road may be asked. */
export function isRipe(held: HeldRemovals, { now, pull }: Pick<RemovalQuestion, 'now' | 'pull'>): boolean {
  return !held.confirmed && now >= held.until && pull > held.pull;
}

/** True for removals that are worth a closer watch afterwards, although nothing held them. */
export function isMassRemoval({ removals, held, maxPercent }: RemovalQuestion): boolean {
  return held >= MIN_GUARDED_ENTRIES && removals * 100 > held * maxPercent * RECOVERED;
}
