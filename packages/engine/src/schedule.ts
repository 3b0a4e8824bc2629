import { AuthError, BouncerError, ConfigError, backoff, type Clock } from '@bouncer/stream';
import { REPLAN_SECONDS } from './drift.ts';

/** A login that was refused is not tried more often: devices count failures and ban. */
const AUTH_RETRY_MS = 60_000;
/** A device that is back must be healed within 60 s, so we never wait longer than half of that. Milliseconds. @internal */
export const MAX_BACKOFF_MS = 30_000;
/** A cheap look at the device so often: with the poll and the repair it stays well under the 60 s we promise. */
const VERIFY_MS = 20_000;
/** A full listing is made no oftener than this ... */
const MIN_LIST_INTERVAL_MS = 45_000;
/** ... and takes at most this share of the device's time: a slow router lists 30,000 rows in four seconds. */
const LIST_SHARE = 1 / 50;
/** A listing younger than this share of its own rhythm need not be made again because LAPI answered anew. */
const FRESH_SHARE = 0.5;
const REPLAN_MS = REPLAN_SECONDS * 1000;

/** What is due now. */
export type Due = 'list' | 'verify' | 'replan' | undefined;

/** When to look at the device again, by how long it takes to look. */
export class Schedule {
  readonly #clock: Clock;
  readonly #resyncMs: number;
  #listMs: number | undefined;
  #verifyMs: number | undefined;
  #listedAt = -Infinity;
  #verifiedAt = -Infinity;
  #plannedAt = -Infinity;

  /** `resyncInterval` in seconds: the device is listed at least so often. */
  constructor(clock: Clock, resyncInterval: number) {
    this.#clock = clock;
    this.#resyncMs = resyncInterval * 1000;
  }

  /** After a new connection nothing that was seen before counts. */
  reset(): void {
    this.#listedAt = -Infinity;
    this.#verifiedAt = this.#clock.now();
    this.#plannedAt = this.#clock.now();
  }

  due(): Due {
    const now = this.#clock.now();
    if (now >= this.#listedAt + this.#listEvery()) return 'list';
    if (now >= this.#verifiedAt + VERIFY_MS) return 'verify';
    if (now >= this.#plannedAt + REPLAN_MS) return 'replan';
    return undefined;
  }

  /** Milliseconds until something is due. */
  wait(): number {
    const next = Math.min(
      this.#listedAt + this.#listEvery(),
      this.#verifiedAt + VERIFY_MS,
      this.#plannedAt + REPLAN_MS,
    );
    return Math.max(0, next - this.#clock.now());
  }

  verifyIsDue(): boolean {
    return this.untilVerify() === 0;
  }

  /** Milliseconds until the next cheap look. */
  untilVerify(): number {
    return Math.max(0, this.#verifiedAt + VERIFY_MS - this.#clock.now());
  }

  /** True when the last listing is too old to stand for the device. */
  listIsStale(): boolean {
    return this.#clock.now() >= this.#listedAt + this.#listEvery() * FRESH_SHARE;
  }

  async timeList<T>(work: () => Promise<T>): Promise<T> {
    const start = this.#clock.now();
    const result = await work();
    this.#listedAt = this.#clock.now();
    this.#verifiedAt = this.#listedAt;
    this.#listMs = this.#listedAt - start;
    return result;
  }

  async timeVerify(work: () => Promise<boolean>): Promise<boolean> {
    const start = this.#clock.now();
    const same = await work();
    this.#verifiedAt = this.#clock.now();
    this.#verifyMs = this.#verifiedAt - start;
    return same;
  }

  replanned(): void {
    this.#plannedAt = this.#clock.now();
  }

  /** For the status page, in seconds. */
  durations(): { roundTripSeconds?: number; listSeconds?: number } {
    return {
      ...(this.#verifyMs === undefined ? {} : { roundTripSeconds: this.#verifyMs / 1000 }),
      ...(this.#listMs === undefined ? {} : { listSeconds: this.#listMs / 1000 }),
    };
  }

  #listEvery(): number {
    const byCost = (this.#listMs ?? 0) / LIST_SHARE;
    return Math.min(this.#resyncMs, Math.max(MIN_LIST_INTERVAL_MS, byCost));
  }
}

/** Milliseconds until a device that has failed so often in a row is tried again; `chance` from 0 to 1 jitters them. */
export function retryDelay(error: unknown, failures: number, chance: number): number {
  const slow = error instanceof AuthError || error instanceof ConfigError ? AUTH_RETRY_MS : 0;
  const minDelay = error instanceof BouncerError ? Math.max(slow, error.retryAfter * 1000) : slow;
  return Math.max(minDelay, backoff(failures, chance, MAX_BACKOFF_MS));
}
