import type { DecisionSet } from './decisions/decision-set.ts';
import type { SeenDecisions } from './decisions/seen-tally.ts';
import type { Network } from './net/network.ts';

/** What a pull or the passing of time changed. */
export interface StreamUpdate {
  /** True after a full pull: compare with what the device really holds, whatever `touched` says. */
  readonly full: boolean;
  /**
   * Networks whose entry came, went, or changed its end, its origin or its type. Look each up in the set: absent means unblock.
   * Up to the first full pull that was complete not all that came are named: until then, compare everything.
   */
  readonly touched: ReadonlySet<Network>;
  /** Successful pulls so far. Unchanged when the update comes from local expiry; 0 while no answer was complete. */
  readonly pull: number;
}

/** What one target follows: a set of what must be blocked, and what guards its removals. Members as those of `DecisionStream`. */
export interface StreamView {
  readonly set: DecisionSet;
  readonly calmSince: number;
  requestFull(reason: string): void;
  watch(until: number, next?: number): void;
  isProtected(network: Network): boolean;
  otherRoadAgrees(isDoubted: (network: Network) => boolean, signal: AbortSignal): Promise<boolean>;
}

/** Removals that are held back, as they are told. Times are wall-clock milliseconds since the epoch. */
export interface GuardStatus {
  /** Entries that would go, of how many. */
  readonly removals: number;
  readonly held: number;
  readonly since: number;
  /** Not before then are they carried out, and only if `GET /v1/decisions` agrees. */
  readonly until: number;
}

/** The stream's state for status pages and metrics. Times are wall-clock milliseconds since the epoch. */
export interface StreamStatus {
  /**
   * `starting` until the first pull succeeded, `failing` when the last one failed; `unasked` where LAPI is left to somebody
   * else, who enforces the decisions: then nothing is known of it.
   */
  readonly state: 'starting' | 'ok' | 'failing' | 'unasked';
  /** Successful pulls, full ones included. */
  readonly pulls: number;
  readonly fullPulls: number;
  /** Failed pulls by cause, see `LapiErrorKind`. */
  readonly failures: Readonly<Record<string, number>>;
  readonly lastPullAt?: number;
  readonly lastFullAt?: number;
  /** What the last pull failed with; `kind` is a `LapiErrorKind`. */
  readonly lastError?: { readonly message: string; readonly hint: string; readonly at: number; readonly kind?: string };
  readonly nextPullAt?: number;
  /** What LAPI's answers show of its version: `1.7.8 or newer`. It never says it. */
  readonly lapiVersion?: string;
  /** Live decisions; a range that was split counts once for each piece. */
  readonly decisions: number;
  /** Decisions passed over since the last full pull began, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** What LAPI sent since the last full pull began, enforced or not; without the filter when that lets nothing through. */
  readonly seen?: SeenDecisions;
  /** Set while removals by absence are held back. */
  readonly guard?: GuardStatus;
  /** How often they were held back since the start. */
  readonly guardHolds?: number;
}

/** Where the stream writes its log: pino fits. Messages are static texts. */
export interface StreamLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
