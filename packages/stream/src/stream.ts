import { wallOf } from './clock.ts';
import type { Clock } from './clock.ts';
import type { DecisionView, ViewOptions } from './decision-view.ts';
import { DecisionViews } from './decision-views.ts';
import type { DecisionSet } from './decisions/decision-set.ts';
import { parseDuration } from './decisions/duration.ts';
import type { SkippedValue } from './decisions/intake.ts';
import { AuthError, BouncerError, hintOf, kindOf, messageOf } from './lapi/errors.ts';
import { FilterWatch } from './filter-watch.ts';
import type { LapiClient, StreamQuery } from './lapi/lapi-client.ts';
import { malformedElements, unconfirmedEmpty } from './lapi/lapi-error.ts';
import type { Network } from './net/network.ts';
import type { ProtectedSpace } from './net/protected-space.ts';
import { PullPlan } from './pull-plan.ts';
import { PullRecord } from './pull-record.ts';
import { MIN_GUARDED_ENTRIES } from './removal-guard.ts';
import { EXPIRY_INTERVAL_MS, MAX_MALFORMED_WAIT_MS } from './schedule.ts';
import type { DecisionStreamOptions } from './stream-options.ts';
import type { StreamLog, StreamStatus, StreamUpdate, StreamView } from './stream-status.ts';
import { Wakeup } from './wakeup.ts';

/**
 * Follows LAPI's decision stream and keeps the set of what must be blocked now. Rules: contract, section 4.
 * LAPI delivers a delta at most once, so whatever goes wrong makes the next pull a full one.
 */
export class DecisionStream {
  /** What the main view must block. */
  readonly set: DecisionSet;
  readonly #client: LapiClient;
  readonly #clock: Clock;
  readonly #log: StreamLog;
  readonly #askProtectedSpace: () => Promise<ProtectedSpace>;
  readonly #query: StreamQuery;
  readonly #plan: PullPlan;
  readonly #record: PullRecord;
  readonly #wakeup: Wakeup;
  readonly #filterWatch: FilterWatch;
  readonly #views: DecisionViews;
  readonly #main: DecisionView;
  /** Whoever switched the guard off believes in an empty list, too. */
  readonly #acceptsAll: boolean;
  #space: ProtectedSpace | undefined;
  #inFlight: Promise<unknown> = Promise.resolve();
  #lapiVersion: string | undefined;

  constructor(options: DecisionStreamOptions) {
    const { client, clock, filter, log } = options;
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
    this.#askProtectedSpace = options.protectedSpace;
    this.#plan = new PullPlan(clock, {
      updateFrequency: options.updateFrequency * 1000,
      resyncInterval: options.resyncInterval * 1000,
      random: options.random ?? Math.random,
    });
    this.#acceptsAll = options.maxRemovalPercent === 100;
    this.#record = new PullRecord(clock);
    this.#wakeup = new Wakeup(clock);
    this.#views = new DecisionViews(options, this.watch.bind(this));
    this.#main = this.#views.main;
    this.set = this.#main.set;
    this.#filterWatch = new FilterWatch(filter, clock, log, (signal) => this.#main.secondRoad.survey(signal));
    this.#query = {
      origins: filter.origins ?? [],
      scenariosContaining: filter.scenariosContaining ?? [],
      scenariosNotContaining: filter.scenariosNotContaining ?? [],
    };
  }

  /** The state now; costs O(kinds of failures, skips and origins). */
  status(): StreamStatus {
    const next = this.#plan.nextPull;
    return {
      ...this.#record.status(),
      ...(next !== undefined && { nextPullAt: Math.round(wallOf(this.#clock, next / 1000)) }),
      ...(this.#lapiVersion !== undefined && { lapiVersion: this.#lapiVersion }),
      decisions: this.set.decisions,
      skipped: this.#main.intake.skipped,
      seen: this.#filterWatch.tell(this.#main.intake.seen),
      ...this.#views.guardStatus(),
    };
  }

  /** Since when no pull has failed, in monotonic milliseconds: for guards of removals. */
  get calmSince(): number {
    return this.#record.calmSince;
  }

  /** The next pull will be a full one, and soon. For whoever finds that a device and the set may have parted. */
  requestFull(reason: string): void {
    this.#log.debug({ reason }, 'full pull requested');
    this.#plan.requestFull();
    this.#wakeup.notify();
  }

  /** Until this moment (monotonic milliseconds) full pulls come a minute apart, the next no later than `next`. */
  watch(until: number, next?: number): void {
    this.#plan.watch(until, next);
    this.#wakeup.notify();
  }

  /** True for a network that must never be blocked, or not as a whole. Only after a pull was begun. */
  isProtected(network: Network): boolean {
    return this.#main.intake.isProtected(network);
  }

  /**
   * The stream as seen with other decision types or a longer allowlist: a set of its own, fed by the same pulls. Ask for it
   * before the first pull: a view that did not exist has missed what came.
   */
  view(options: ViewOptions): StreamView {
    const { set, intake, secondRoad } = this.#views.of(options);
    const calmSince = (): number => this.calmSince;
    return {
      set,
      get calmSince() {
        return calmSince();
      },
      requestFull: this.requestFull.bind(this),
      watch: this.watch.bind(this),
      isProtected: (network) => intake.isProtected(network),
      otherRoadAgrees: (isDoubted, signal) => secondRoad.agrees(this.#record.fullPulls, isDoubted, signal),
    };
  }

  /**
   * The other road to what LAPI has: true when `GET /v1/decisions` names none of the networks that `isDoubted`, which the
   * last full pull did not name. Asked once for each full pull.
   */
  otherRoadAgrees(isDoubted: (network: Network) => boolean, signal: AbortSignal): Promise<boolean> {
    return this.#main.secondRoad.agrees(this.#record.fullPulls, isDoubted, signal);
  }

  /** Drops what has come to its end. No I/O. */
  expire(): StreamUpdate {
    this.#views.expire();
    return this.#update(false);
  }

  /**
   * One pull, full or delta as the rules have it, and local expiry. Rejects with what the client rejected with; the set
   * then lost nothing. Calls queue up: never two requests at a time.
   */
  poll(signal: AbortSignal): Promise<StreamUpdate> {
    const mine = this.#inFlight.then(() => this.#poll(signal));
    this.#inFlight = mine.catch(() => undefined);
    return mine;
  }

  /**
   * What a full pull would bring, from `GET /v1/decisions`: unlike a pull, it takes no delta from a connector
   * that runs beside. For looking only: the set is filled, and the next pull is full all the same.
   */
  async preview(signal: AbortSignal): Promise<StreamUpdate> {
    this.#space = await this.#protectedSpace();
    this.#views.restart(this.#space);
    let [total, malformed] = [0, 0];
    for await (const decision of this.#client.decisions(signal, () => malformed++)) {
      total++;
      if (!this.#views.add(decision)) malformed++;
    }
    if (malformed > 0) throw malformedElements(malformed, total + malformed);
    return { full: true, touched: this.#views.takeTouched(true), pull: 1 };
  }

  /** Values passed over since the last full pull began, and why: the first thousand. Untrusted text, cut to 100 characters. */
  skippedValues(): readonly SkippedValue[] {
    return this.#main.intake.skippedValues;
  }

  /** Polls until aborted, then resolves. Failures are logged and retried; `onUpdate` hears of every change. */
  async run(signal: AbortSignal, onUpdate: (update: StreamUpdate) => void): Promise<void> {
    // When one of the two ends because `onUpdate` threw, the other must not go on alone.
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const stop = (error: unknown) => {
      ended.abort();
      // The end of a wait, when we are told to stop.
      if (!signal.aborted || error !== signal.reason) throw error;
    };
    await Promise.all([
      this.#keepPulling(either, onUpdate).catch(stop),
      this.#keepExpiring(either, onUpdate).catch(stop),
    ]);
  }

  async #keepPulling(signal: AbortSignal, onUpdate: (update: StreamUpdate) => void): Promise<void> {
    while (!signal.aborted) {
      const update = await this.poll(signal).catch((error: unknown) => {
        if (!signal.aborted) this.#log.warn({ error: messageOf(error), hint: hintOf(error) }, 'pull failed');
        // What such a pull could bring is blocked at once.
        return this.#update(false);
      });
      if (update.full || update.touched.size > 0 || !this.#isFailing) onUpdate(update);
      await this.#wakeup.until(() => this.#plan.nextPull ?? 0, signal);
    }
  }

  /** A loop of its own, since a pull may hang for two minutes and LAPI may be away for days. */
  async #keepExpiring(signal: AbortSignal, onUpdate: (update: StreamUpdate) => void): Promise<void> {
    for (;;) {
      await this.#clock.sleep(EXPIRY_INTERVAL_MS, signal);
      const update = this.expire();
      if (update.touched.size > 0) onUpdate(update);
    }
  }

  async #poll(signal: AbortSignal): Promise<StreamUpdate> {
    signal.throwIfAborted();
    const full = this.#plan.begin();
    try {
      if (full) await this.#pullFull(signal);
      else await this.#pullDelta(signal);
    } catch (error) {
      const [refused, retryAfter] = [error instanceof AuthError, error instanceof BouncerError ? error.retryAfter : 0];
      this.#plan.failed(refused, retryAfter, kindOf(error) === 'malformed' ? MAX_MALFORMED_WAIT_MS : undefined);
      if (!signal.aborted) this.#record.failed(error);
      throw error;
    }
    this.#plan.succeeded(full);
    if (this.#isFailing) this.#log.info({ failures: this.#record.failuresInARow }, 'LAPI answers again');
    this.#record.succeeded(full);
    this.#views.expire();
    return this.#update(full);
  }

  get #isFailing(): boolean {
    return this.#record.failuresInARow > 0;
  }

  /** Marks while streaming, sweeps only once the answer was complete: no second set, and a failed pull removes nothing. */
  async #pullFull(signal: AbortSignal): Promise<void> {
    this.#space = await this.#protectedSpace();
    signal.throwIfAborted();
    this.#views.begin(this.#space);
    const { size: before } = this.set;
    let unreadable = 0;
    const result = await this.#client.pullFull(
      this.#query,
      (decision) => {
        if (!this.#views.add(decision)) unreadable++;
      },
      signal,
      // What was taken back just before this pull is in no delta any more.
      this.#views.isHolding ? (decision) => void this.#views.delete(decision) : undefined,
    );
    this.#lapiVersion = result.version ?? this.#lapiVersion;
    this.#refuseMalformed(result.malformed, unreadable, result.decisions);
    const pull = this.#record.fullPulls + 1;
    // A list too small for the guard, or the first one after a start: nobody remembers what else it might be.
    const isGuarded = this.#views.isHolding || before >= MIN_GUARDED_ENTRIES || this.#acceptsAll;
    if (result.decisions === 0 && !isGuarded && !(await this.#main.secondRoad.confirmsEmpty(pull, signal))) {
      throw unconfirmedEmpty();
    }
    await this.#views.settle(pull, this.#record.calmSince, signal);
    const { size: blocked } = this.set;
    const level = blocked === before ? 'debug' : 'info';
    this.#log[level]({ decisions: result.decisions, blocked, before }, 'full pull complete');
    await this.#filterWatch.look(this.#main.intake.seen, signal);
  }

  /** What is not understood says nothing about what it leaves out: the pull has failed (contract 4.9). */
  #refuseMalformed(malformed: number, unreadable: number, decisions: number): void {
    this.#main.intake.skipMalformed(malformed);
    if (malformed + unreadable > 0) throw malformedElements(malformed + unreadable, malformed + decisions);
  }

  async #pullDelta(signal: AbortSignal): Promise<void> {
    const delta = await this.#client.pullDelta(this.#query, signal);
    this.#lapiVersion = delta.version ?? this.#lapiVersion;
    let [unknown, unreadable] = [0, 0];
    // Deletions first: a value may be in both, and then it is banned (contract 4.3); by an element that cannot be read, too.
    const isUnderstood = delta.malformed === 0 && delta.added.every((row) => parseDuration(row.duration) !== undefined);
    for (const row of isUnderstood ? delta.deleted : []) if (!this.#views.delete(row)) unknown++;
    for (const decision of delta.added) if (!this.#views.add(decision)) unreadable++;
    this.#views.ageDeparted();
    if (unknown > 0) this.#plan.sawUnknownDeletion();
    this.#refuseMalformed(delta.malformed, unreadable, delta.decisions);
    this.#plan.sawAdditions(delta.added.length);
    if (delta.added.length + delta.deleted.length === 0) return;
    const [added, deleted, blocked] = [delta.added.length, delta.deleted.length, this.set.size];
    this.#log.info({ added, deleted, unknown, blocked }, 'decisions changed');
  }

  /** The addresses never blocked; the last ones known when they cannot be found out now. */
  async #protectedSpace(): Promise<ProtectedSpace> {
    try {
      return await this.#askProtectedSpace();
    } catch (error) {
      if (!this.#space) throw error;
      this.#log.warn({ error: messageOf(error) }, 'protected addresses not renewed');
      return this.#space;
    }
  }

  #update(full: boolean): StreamUpdate {
    return { full, touched: this.#views.takeTouched(full), pull: this.#record.pulls };
  }
}
