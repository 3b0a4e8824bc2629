/** Below so many entries on the device nothing is held back: a small list may well change as a whole. */
const LEAST_ENTRIES = 100;
/** Two pulls agree when their removals differ by no more than this share (or ten entries): lists change all the time. */
const AGREEMENT_SHARE = 0.05;
const AGREEMENT_LEAST = 10;

/** Removals that were held back, kept until a second pull agrees or the threat is gone. */
export interface GuardMemory {
  /** Number of the pull that asked for the removals first. */
  readonly pull: number;
  readonly removals: number;
  readonly held: number;
  /** True once a second pull agreed. */
  readonly confirmed: boolean;
}

/** What the guard is asked about. */
export interface GuardQuestion {
  readonly removals: number;
  /** Entries of ours on the device before the removals. */
  readonly held: number;
  /** MAX_REMOVAL_PERCENT, 0 to 100. */
  readonly maxPercent: number;
  /** Number of the last completed full pull. */
  readonly pull: number;
}

/**
 * Holds back removals that look like a mistake of LAPI's: from 1.7.8 on, a database error in the middle of an answer
 * gives a short list that is valid JSON (reference/crowdsec.md section 0, point 5). Additions always go through.
 * Returns what to remember; removals are allowed when that is undefined or confirmed.
 */
export function guardRemovals(question: GuardQuestion, memory: GuardMemory | undefined): GuardMemory | undefined {
  const { removals, held, maxPercent, pull } = question;
  if (held < LEAST_ENTRIES || removals * 100 <= held * maxPercent) return undefined;
  if (!memory || !agrees(memory.removals, removals)) return { pull, removals, held, confirmed: false };
  return { ...memory, confirmed: memory.confirmed || pull > memory.pull };
}

function agrees(before: number, after: number): boolean {
  return Math.abs(before - after) <= Math.max(AGREEMENT_LEAST, AGREEMENT_SHARE * before);
}
