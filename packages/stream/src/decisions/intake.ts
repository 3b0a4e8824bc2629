import type { Clock, Instant } from '../clock.ts';
import type { Network } from '../net/network.ts';
import { parseNetwork } from '../net/parse-network.ts';
import type { ProtectedSpace } from '../net/protected-space.ts';
import type { StreamLog } from '../stream-status.ts';
import { clipText } from './clip-text.ts';
import type { DecisionSet } from './decision-set.ts';
import { parseDuration } from './duration.ts';
import { compileFilter } from './filter.ts';
import type { DecisionFilter } from './filter.ts';
import { SeenTally } from './seen-tally.ts';
import type { SeenDecisions } from './seen-tally.ts';
import type { WireDecision } from './wire-decision.ts';

/** The last instant there is: 34 years on. Keeps ends small integers, however long a ban is. @internal */
export const LAST_INSTANT: Instant = 2 ** 30 - 1;

/** Lines of log for decisions passed over, between two full pulls. The rest is only counted. */
const MAX_LOG_LINES = 10;
const MAX_LOGGED_LENGTH = 100;
/** Values kept by name between two full pulls, for `plan` and the status page. */
const MAX_NAMED = 1000;

/** A decision that was passed over. Untrusted text, cut short. */
export interface SkippedValue {
  readonly value: string;
  readonly reason: string;
}

/**
 * The end of a decision that has `milliseconds` left. Rounded up, and one second more, since LAPI from 1.6.3 on cuts
 * off the rest of the second: a block may end late, but never early.
 */
function endOf(clock: Clock, milliseconds: number): Instant {
  return Math.min(LAST_INSTANT, Math.ceil((clock.now() + milliseconds) / 1000) + 1);
}

/** Turns decisions off the wire into changes of the set: filtered, parsed, shielded, and counted when passed over. */
export class Intake {
  readonly #set: DecisionSet;
  readonly #clock: Clock;
  readonly #log: StreamLog;
  readonly #filtered: ReturnType<typeof compileFilter>;
  #space: ProtectedSpace | undefined;
  #skipped: Record<string, number> = {};
  #named: SkippedValue[] = [];
  #logLines = 0;
  #seen = new SeenTally();
  /** True from the beginning of a full pull to its answer: LAPI may fail for long, and what was told stands so long. */
  #isOld = false;

  constructor(set: DecisionSet, filter: DecisionFilter, clock: Clock, log: StreamLog) {
    this.#set = set;
    this.#clock = clock;
    this.#log = log;
    this.#filtered = compileFilter(filter);
  }

  /** Decisions passed over since the last `renew`, by reason. */
  get skipped(): Readonly<Record<string, number>> {
    return { ...this.#skipped };
  }

  /** The first of them by name. */
  get skippedValues(): readonly SkippedValue[] {
    return this.#named;
  }

  /** What came since the last `renew`, enforced or not. */
  get seen(): SeenDecisions {
    return this.#seen.snapshot();
  }

  /** True when scope and filter let this decision through. */
  passes(decision: WireDecision): boolean {
    return this.#filterReason(decision) === undefined;
  }

  /** The networks that a decision blocks; none when it is not ours to enforce. Counts and changes nothing. */
  networksOf(decision: WireDecision): readonly Network[] {
    const network = this.passes(decision) ? parseNetwork(decision.value) : undefined;
    if (network === undefined || !((parseDuration(decision.duration) ?? 0) > 0)) return [];
    return this.#shield(network).kept;
  }

  /** True for a network of which nothing may be blocked, or not all of it. */
  isProtected(network: Network): boolean {
    const { kept } = this.#shield(network);
    return kept.length !== 1 || kept[0] !== network;
  }

  /** A full pull begins: the counts start again with its answer, and the addresses never blocked may be others. */
  restart(space: ProtectedSpace): void {
    this.#space = space;
    this.#isOld = true;
  }

  /** The answer to a full pull comes, or has come without a decision: what was counted before counts no more. */
  renew(): void {
    if (!this.#isOld) return;
    this.#isOld = false;
    this.#skipped = {};
    this.#named = [];
    this.#logLines = 0;
    this.#seen = new SeenTally();
  }

  /**
   * Enforces a decision, or counts why not. False when its duration is none: whoever sends that speaks another language,
   * and nothing may be concluded from what it leaves out.
   */
  add(decision: WireDecision): boolean {
    this.renew();
    const filtered = this.#filterReason(decision);
    this.#seen.count(decision, filtered === undefined);
    const left = parseDuration(decision.duration);
    if (left === undefined) {
      this.skip('not a duration', decision, true);
      return false;
    }
    if (filtered) this.skip(filtered, decision);
    else this.#enforce(decision, left);
    return true;
  }

  #enforce(decision: WireDecision, left: number): void {
    const network = parseNetwork(decision.value);
    if (network === undefined) {
      this.skip('not an address', decision, true);
      return;
    }
    const { kept, reason } = this.#shield(network);
    // LAPI from 1.6.3 on writes `0s` for the last second of a decision that is still alive. Not worth a new block, but
    // one that stands must not fall to the sweep before its end.
    if (left < 0 || (left === 0 && !kept.some((piece) => this.#set.holds(piece, decision.id)))) {
      this.skip('expired', decision);
      return;
    }
    if (kept.length === 0) this.skip(`protected: ${reason ?? ''}`, decision, true);
    const end = endOf(this.#clock, left);
    const { id, origin, scenario, type } = decision;
    for (const piece of kept) this.#set.add(piece, id, end, origin, scenario, type);
  }

  /**
   * Takes a decision back. False when we never knew of it although other decisions hold its network: then LAPI's idea
   * of what we hold differs from ours.
   */
  delete(decision: WireDecision): boolean {
    const network = this.passes(decision) ? parseNetwork(decision.value) : undefined;
    if (network === undefined) return true;
    let known = false;
    let held = false;
    for (const piece of this.#shield(network).kept) {
      if (this.#set.delete(piece, decision.id)) known = true;
      else if (this.#set.has(piece)) held = true;
    }
    return known || !held || this.#set.departedLately(decision.id);
  }

  /** Counts a decision passed over; the first few that are odd (not merely filtered) are logged. */
  skip(reason: string, decision: WireDecision, isOdd = false): void {
    this.#count(reason, 1);
    const value = clipText(decision.value, MAX_LOGGED_LENGTH);
    if (this.#named.length < MAX_NAMED) this.#named.push({ value, reason });
    if (!isOdd || this.#logLines >= MAX_LOG_LINES) return;
    this.#logLines++;
    this.#log.warn(
      { id: decision.id, value, duration: clipText(decision.duration, MAX_LOGGED_LENGTH), reason },
      'decision passed over',
    );
  }

  /** Counts elements that had not even the shape of a decision. */
  skipMalformed(count: number): void {
    if (count === 0) return;
    this.renew();
    this.#count('malformed', count);
  }

  /** Why a decision is not ours to enforce; undefined when it is. */
  #filterReason(decision: WireDecision): string | undefined {
    const scope = decision.scope.toLowerCase();
    // LAPI writes prefixes under `Ip` and single addresses under `Range`: the value alone tells which it is.
    if (scope !== 'ip' && scope !== 'range') return 'scope';
    return this.#filtered(decision);
  }

  #count(reason: string, count: number): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + count;
  }

  #shield(network: Network): ReturnType<ProtectedSpace['shield']> {
    if (!this.#space) throw new Error('restart() comes first');
    return this.#space.shield(network);
  }
}
