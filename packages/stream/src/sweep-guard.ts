import { wallOf } from './clock.ts';
import type { Clock } from './clock.ts';
import type { DecisionSet } from './decisions/decision-set.ts';
import type { Network } from './net/network.ts';
import { guardRemovals, isMassRemoval, isRipe } from './removal-guard.ts';
import type { HeldRemovals, RemovalQuestion } from './removal-guard.ts';
import { WATCH_AFTER_REMOVAL_MS, WATCH_INTERVAL_MS } from './schedule.ts';
import type { GuardStatus, StreamLog } from './stream-status.ts';

export interface SweepGuardOptions {
  readonly clock: Clock;
  readonly log: StreamLog;
  /** MAX_REMOVAL_PERCENT. */
  readonly maxPercent: number;
  /** MAX_REMOVAL_HOLD in milliseconds. */
  readonly holdMs: number;
  /** Addresses that must never be blocked go at once, whatever is held. */
  readonly isProtected: (network: Network) => boolean;
  /** Asks for full pulls a minute apart until `until`, the next no later than `next`. */
  readonly watch: (until: number, next?: number) => void;
}

/** Ends each full pull: drops from the set what the pull did not name, unless that looks like a mistake of LAPI's. */
export class SweepGuard {
  readonly #set: DecisionSet;
  readonly #options: SweepGuardOptions;
  #held: HeldRemovals | undefined;
  #holds = 0;
  /** Entries before the pull, the mark of the pull, and the mark of the first pull of those that agree. */
  #before = 0;
  #mark = 0;
  #firstMark = 0;

  constructor(set: DecisionSet, options: SweepGuardOptions) {
    this.#set = set;
    this.#options = options;
  }

  get holds(): number {
    return this.#holds;
  }

  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  status(): GuardStatus | undefined {
    return this.#held && guardStatus(this.#held, this.#options.clock);
  }

  /** A full pull begins. */
  begin(): void {
    this.#before = this.#set.size;
    this.#mark = this.#set.beginFull();
  }

  /** The full pull with this number was complete and understood. `otherRoadAgrees` asks `GET /v1/decisions` about the doubted. */
  async settle(
    pull: number,
    calmSince: number,
    otherRoadAgrees: (isDoubted: (network: Network) => boolean) => Promise<boolean>,
  ): Promise<void> {
    const { clock, log, isProtected, watch } = this.#options;
    let question = this.#question(pull, calmSince);
    let verdict = guardRemovals(question, this.#held);
    if (verdict) {
      this.#set.sweep(this.#mark, isProtected);
      question = this.#question(pull, calmSince);
      verdict = guardRemovals(question, this.#held);
    }
    if (!verdict) {
      if (this.#held) log.info({ removals: this.#held.removals }, 'removals are no longer held: LAPI names them again');
      this.#held = undefined;
      if (isMassRemoval(question)) watch(clock.now() + WATCH_AFTER_REMOVAL_MS);
      this.#set.sweep();
      return;
    }
    if (verdict.since !== this.#held?.since) this.#firstMark = this.#mark;
    if (!this.#held) this.#tell(verdict);
    this.#held = verdict;
    if (!isRipe(verdict, { now: clock.now(), pull }) || !(await otherRoadAgrees(this.#isDoubted))) {
      watch(clock.now() + 2 * WATCH_INTERVAL_MS, verdict.until);
      return;
    }
    log.warn({ removals: verdict.removals, held: verdict.held }, 'removals are carried out: GET /v1/decisions agreed');
    // What some pull since then did name is not agreed yet.
    this.#set.sweep(this.#firstMark);
    this.#held = undefined;
    watch(clock.now() + WATCH_AFTER_REMOVAL_MS);
  }

  readonly #isDoubted = (network: Network): boolean => this.#set.has(network) && !this.#set.wasNamed(network);

  #question(pull: number, calmSince: number): RemovalQuestion {
    const { clock, maxPercent, holdMs } = this.#options;
    return {
      removals: this.#set.countUnnamed(),
      held: this.#before,
      now: clock.now(),
      ...{ maxPercent, holdMs, calmSince, pull },
    };
  }

  #tell(verdict: HeldRemovals): void {
    this.#holds++;
    const { removals, held } = verdict;
    this.#options.log.warn(
      { removals, held, seconds: this.#options.holdMs / 1000 },
      'removals are held: LAPI leaves out more than MAX_REMOVAL_PERCENT at once; what is blocked stays blocked',
    );
  }
}

/** The same for people and machines: on the wall clock. */
export function guardStatus({ removals, held, since, until }: HeldRemovals, clock: Clock): GuardStatus {
  const wallAt = (moment: number) => Math.round(wallOf(clock, moment / 1000));
  return { removals, held, since: wallAt(since), until: wallAt(until) };
}
