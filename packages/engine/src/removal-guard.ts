import { guardRemovals, guardStatus, isRipe } from '@bouncer/stream';
import type { Clock, HeldRemovals, Network } from '@bouncer/stream';
import type { Logger } from '@bouncer/target';
import type { FollowedStream } from './followed-stream.ts';
import type { TargetStatus } from './status.ts';

/** While removals are held, full pulls come a minute apart; asked for anew after each of them. */
const WATCH_MS = 120_000;

/** What a removal guard works with. */
export interface RemovalGuardOptions {
  readonly target: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxRemovalPercent: number;
  /** Seconds for which such removals have to stay agreed. */
  readonly removalHold: number;
  readonly stream: Pick<FollowedStream, 'calmSince' | 'otherRoadAgrees' | 'watch'>;
}

/**
 * The guard of one device. The stream guards what it has in memory; after a start it has none, and only the device knows
 * what was blocked: what LAPI does not name of that is held by the same rule.
 */
export class RemovalGuard {
  readonly #options: RemovalGuardOptions;
  #memory: HeldRemovals | undefined;
  #holds = 0;

  constructor(options: RemovalGuardOptions) {
    this.#options = options;
  }

  /** True while removals wait. */
  get isHolding(): boolean {
    return this.#memory !== undefined && !this.#memory.confirmed;
  }

  status(): Pick<TargetStatus, 'guard' | 'guardHolds'> {
    const memory = this.isHolding ? this.#memory : undefined;
    return { ...(memory && { guard: guardStatus(memory, this.#options.clock) }), guardHolds: this.#holds };
  }

  /** Judges the removals of a plan made after full pull number `pull`, of `held` entries. True when they are held. */
  async judge(doubted: ReadonlySet<Network>, held: number, pull: number, signal: AbortSignal): Promise<boolean> {
    const { target, clock, log, stream } = this.#options;
    const verdict = this.ask(doubted.size, held, pull);
    const { size: removals } = doubted;
    if (!verdict || verdict.confirmed) {
      if (this.isHolding) log.info({ target }, 'removals are no longer held: LAPI names the entries again');
      this.#memory = verdict;
      return false;
    }
    if (!this.isHolding) {
      this.#holds += 1;
      log.warn({ target, removals, held }, 'removals are held: LAPI leaves out most of what the device holds');
    }
    this.#memory = verdict;
    const isAgreed =
      isRipe(verdict, { now: clock.now(), pull }) &&
      (await stream.otherRoadAgrees((network) => doubted.has(network), signal));
    if (!isAgreed) {
      stream.watch(clock.now() + WATCH_MS, verdict.until);
      return true;
    }
    log.warn({ target, removals, held }, 'removals are carried out: GET /v1/decisions agreed');
    this.#memory = { ...verdict, confirmed: true };
    stream.watch(clock.now() + 5 * WATCH_MS);
    return false;
  }

  /** The first verdict, told but not remembered: for a plan that nobody carries out. */
  ask(removals: number, held: number, pull: number): HeldRemovals | undefined {
    const { clock, maxRemovalPercent: maxPercent, removalHold, stream } = this.#options;
    const { calmSince } = stream;
    const question = { removals, held, maxPercent, holdMs: removalHold * 1000, now: clock.now(), calmSince, pull };
    return guardRemovals(question, this.#memory);
  }
}
