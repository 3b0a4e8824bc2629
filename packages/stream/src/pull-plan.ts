import type { Clock } from './clock.ts';
import {
  AFTER_LARGE_DELTA_MS,
  LARGE_DELTA,
  MAX_DELTA_GAP_MS,
  REQUESTED_GAP_MS,
  UNKNOWN_DELETION_INTERVAL_MS,
  WATCH_INTERVAL_MS,
  authBackoff,
  backoff,
  pollInterval,
  resyncAfter,
} from './schedule.ts';

export interface PullPlanOptions {
  /** Milliseconds. */
  readonly updateFrequency: number;
  /** Milliseconds. */
  readonly resyncInterval: number;
  readonly random: () => number;
}

/** Decides when the next pull comes and whether it is a full one. Moments are monotonic milliseconds. */
export class PullPlan {
  readonly #clock: Clock;
  readonly #options: PullPlanOptions;
  /** The first moment at which a pull has to be full; 0 makes the very next one full. */
  #fullDue = 0;
  #nextPull: number | undefined;
  #begun = 0;
  /** The same moment by the wall clock. */
  #begunWall = 0;
  #failures = 0;
  /** A full pull was asked for while one was under way: what that one brings may be too old already. */
  #requested = false;
  #lastUnknownDeletion = -Infinity;
  /** Until then full pulls come a minute apart, and one of them at `#watchNext`. */
  #watchUntil = -Infinity;
  #watchNext = Infinity;

  constructor(clock: Clock, options: PullPlanOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** When the next pull is due; undefined before the first. */
  get nextPull(): number | undefined {
    return this.#nextPull;
  }

  /** A pull begins now; true when it has to be a full one. */
  begin(): boolean {
    const [since, sinceWall] = [this.#begun, this.#begunWall];
    [this.#begun, this.#begunWall] = [this.#clock.now(), this.#clock.wall()];
    this.#requested = false;
    // Linux stops the monotonic clock while the machine sleeps; the wall clock tells how long that was.
    const gap = Math.max(this.#begun - since, this.#begunWall - sinceWall);
    return this.#begun >= this.#fullDue || gap > MAX_DELTA_GAP_MS;
  }

  succeeded(full: boolean): void {
    const { random, resyncInterval, updateFrequency } = this.#options;
    this.#failures = 0;
    if (full) this.#fullDue = Math.min(this.#begun + resyncAfter(resyncInterval, random()), this.#watchDue());
    const regular = this.#begun + pollInterval(updateFrequency, random());
    this.#nextPull = Math.max(this.#clock.now(), Math.min(regular, this.#fullDue));
    if (this.#requested) this.requestFull();
  }

  /**
   * LAPI may have counted what we never got as delivered: only a full pull will do. `retryAfter` is how many seconds LAPI
   * wants to be left alone for, `longest` how many milliseconds the usual backoff may grow to.
   */
  failed(refused: boolean, retryAfter = 0, maxMs = Infinity): void {
    this.#failures++;
    this.#fullDue = 0;
    const wait = Math.min(maxMs, (refused ? authBackoff : backoff)(this.#failures, this.#options.random()));
    this.#nextPull = this.#clock.now() + Math.max(wait, retryAfter * 1000);
  }

  /** The next pull is full, and soon; but a LAPI that fails is still left alone for as long as it was. */
  requestFull(): void {
    this.#requested = true;
    this.#fullDue = 0;
    if (this.#failures > 0 || this.#nextPull === undefined) return;
    const soon = Math.max(this.#clock.now(), this.#begun + REQUESTED_GAP_MS);
    this.#nextPull = Math.min(this.#nextPull, soon);
  }

  /** Until `until`, full pulls come a minute apart; the next one no later than `next`. */
  watch(until: number, next = Infinity): void {
    this.#watchUntil = Math.max(this.#watchUntil, until);
    this.#watchNext = next;
    this.#fullBy(this.#watchDue());
    if (this.#failures === 0 && this.#nextPull !== undefined) this.#nextPull = Math.min(this.#nextPull, this.#fullDue);
  }

  /** A delta brought this many new decisions. */
  sawAdditions(count: number): void {
    if (count >= LARGE_DELTA) this.#fullBy(this.#clock.now() + AFTER_LARGE_DELTA_MS);
  }

  /** A delta took back what we never knew of, on a network that others hold. */
  sawUnknownDeletion(): void {
    const now = this.#clock.now();
    const due = Math.max(now + REQUESTED_GAP_MS, this.#lastUnknownDeletion + UNKNOWN_DELETION_INTERVAL_MS);
    if (this.#fullDue <= due) return;
    this.#lastUnknownDeletion = due;
    this.#fullBy(due);
  }

  #watchDue(): number {
    const now = this.#clock.now();
    if (now >= this.#watchUntil) return Infinity;
    return Math.min(now + WATCH_INTERVAL_MS, this.#watchNext > now ? this.#watchNext : Infinity);
  }

  #fullBy(moment: number): void {
    this.#fullDue = Math.min(this.#fullDue, moment);
  }
}
