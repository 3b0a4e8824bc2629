import { instantNow, wallOf, type Clock } from './clock.ts';
import { DecisionSet } from './decisions/decision-set.ts';
import type { DecisionFilter } from './decisions/filter.ts';
import { Intake, type SkippedValue } from './decisions/intake.ts';
import { AuthError, BouncerError, hintOf, kindOf, messageOf } from './errors.ts';
import type { LapiClient, StreamQuery } from './lapi/lapi-client.ts';
import type { ProtectedSpace } from './net/protected-space.ts';
import { PullPlan } from './pull-plan.ts';
import { EXPIRY_INTERVAL } from './schedule.ts';
import type { StreamLog, StreamStatus, StreamUpdate } from './stream-status.ts';

export interface DecisionStreamOptions {
  readonly client: LapiClient;
  readonly clock: Clock;
  readonly filter: DecisionFilter;
  /** Asked again before every full pull, so that addresses behind changed DNS names are honoured. */
  readonly protectedSpace: () => Promise<ProtectedSpace>;
  /** Seconds from one pull to the next. */
  readonly updateFrequency: number;
  /** Seconds from one full pull to the next. */
  readonly resyncInterval: number;
  /** From 0 up to 1; Math.random when absent. */
  readonly random?: () => number;
  readonly log: StreamLog;
}

/**
 * Follows LAPI's decision stream and keeps the set of what must be blocked now. Rules: contract, section 4.
 * LAPI delivers a delta at most once, so whatever goes wrong makes the next pull a full one.
 */
export class DecisionStream {
  readonly set = new DecisionSet();
  readonly #client: LapiClient;
  readonly #clock: Clock;
  readonly #log: StreamLog;
  readonly #askProtectedSpace: () => Promise<ProtectedSpace>;
  readonly #query: StreamQuery;
  readonly #intake: Intake;
  readonly #plan: PullPlan;
  #space: ProtectedSpace | undefined;
  #inFlight: Promise<unknown> = Promise.resolve();
  #wake: (() => void) | undefined;

  #pulls = 0;
  #fullPulls = 0;
  readonly #failures: Record<string, number> = {};
  #failing = false;
  /** Moments are monotonic milliseconds: told on the wall clock of whoever asks, they stay as old as they are when that is set. */
  #lastPull: number | undefined;
  #lastFull: number | undefined;
  #lapiVersion: string | undefined;
  #failuresInARow = 0;
  #lastError: { message: string; hint: string; moment: number } | undefined;

  constructor(options: DecisionStreamOptions) {
    const { client, clock, filter, log } = options;
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
    this.#askProtectedSpace = options.protectedSpace;
    this.#intake = new Intake(this.set, filter, clock, log);
    this.#plan = new PullPlan(clock, {
      updateFrequency: options.updateFrequency * 1000,
      resyncInterval: options.resyncInterval * 1000,
      random: options.random ?? Math.random,
    });
    this.#query = {
      origins: filter.origins ?? [],
      scenariosContaining: filter.scenariosContaining ?? [],
      scenariosNotContaining: filter.scenariosNotContaining ?? [],
    };
  }

  /** The state now; costs O(kinds of failures and skips). */
  status(): StreamStatus {
    const next = this.#plan.nextPull;
    const wallAt = (moment: number) => Math.round(wallOf(this.#clock, moment / 1000));
    const error = this.#lastError;
    return {
      state: this.#failing ? 'failing' : this.#pulls === 0 ? 'starting' : 'ok',
      pulls: this.#pulls,
      fullPulls: this.#fullPulls,
      failures: { ...this.#failures },
      ...(this.#lastPull !== undefined && { lastPullAt: wallAt(this.#lastPull) }),
      ...(this.#lastFull !== undefined && { lastFullAt: wallAt(this.#lastFull) }),
      ...(error && { lastError: { message: error.message, hint: error.hint, at: wallAt(error.moment) } }),
      ...(next !== undefined && { nextPullAt: wallAt(next) }),
      ...(this.#lapiVersion !== undefined && { lapiVersion: this.#lapiVersion }),
      decisions: this.set.decisions,
      skipped: this.#intake.skipped,
    };
  }

  /** The next pull will be a full one, and soon. For whoever finds that a device and the set may have parted. */
  requestFull(reason: string): void {
    this.#log.debug({ reason }, 'full pull requested');
    this.#plan.requestFull();
    this.#wake?.();
  }

  /** Drops what has come to its end. No I/O. */
  expire(): StreamUpdate {
    this.set.expire(instantNow(this.#clock));
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
    this.#intake.restart(this.#space);
    for await (const decision of this.#client.decisions(signal)) this.#intake.add(decision);
    return { full: true, touched: this.set.takeTouched(), pull: 1 };
  }

  /** Values passed over since the last full pull began, and why: the first thousand. Untrusted text, cut to 100 characters. */
  skippedValues(): readonly SkippedValue[] {
    return this.#intake.skippedValues;
  }

  /** Polls until aborted, then resolves. Failures are logged and retried; `onUpdate` hears of every change. */
  async run(signal: AbortSignal, onUpdate: (update: StreamUpdate) => void): Promise<void> {
    // When one of the two ends because `onUpdate` threw, the other must not go on alone.
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const stop = (error: unknown) => {
      ended.abort();
      throw error;
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
      });
      if (update) onUpdate(update);
      await this.#rest(signal);
    }
  }

  /** A loop of its own, since a pull may hang for two minutes and LAPI may be away for days. */
  async #keepExpiring(signal: AbortSignal, onUpdate: (update: StreamUpdate) => void): Promise<void> {
    for (;;) {
      await this.#sleep(EXPIRY_INTERVAL, signal);
      if (signal.aborted) return;
      // Before the first complete answer nobody has been told of anything.
      if (this.#pulls === 0) continue;
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
      this.#plan.failed(error instanceof AuthError, error instanceof BouncerError ? error.retryAfter : 0);
      if (!signal.aborted) this.#recordFailure(error);
      throw error;
    }
    this.#plan.succeeded(full);
    if (this.#failing) this.#log.info({ failures: this.#failuresInARow }, 'LAPI answers again');
    this.#failing = false;
    this.#failuresInARow = 0;
    this.#lastError = undefined;
    this.#pulls++;
    this.#lastPull = this.#clock.now();
    if (full) {
      this.#fullPulls++;
      this.#lastFull = this.#lastPull;
    }
    this.set.expire(instantNow(this.#clock));
    return this.#update(full);
  }

  /** Marks while streaming, sweeps only once the answer was complete: no second set, and a failed pull removes nothing. */
  async #pullFull(signal: AbortSignal): Promise<void> {
    this.#space = await this.#protectedSpace();
    signal.throwIfAborted();
    this.#intake.restart(this.#space);
    this.set.beginFull();
    const { size: before } = this.set;
    const result = await this.#client.pullFull(
      this.#query,
      (decision) => {
        this.#intake.add(decision);
      },
      signal,
    );
    this.#intake.skipMalformed(result.malformed);
    this.#lapiVersion = result.version ?? this.#lapiVersion;
    this.set.sweep();
    const { size: blocked } = this.set;
    const { decisions, malformed } = result;
    const level = blocked === before ? 'debug' : 'info';
    this.#log[level]({ decisions, malformed, blocked, before }, 'full pull complete');
  }

  async #pullDelta(signal: AbortSignal): Promise<void> {
    const delta = await this.#client.pullDelta(this.#query, signal);
    this.#intake.skipMalformed(delta.malformed);
    this.#lapiVersion = delta.version ?? this.#lapiVersion;
    let unknown = 0;
    // Deletions first: a value may be in both, and then it is banned (contract 4.3).
    for (const decision of delta.deleted) if (!this.#intake.delete(decision)) unknown++;
    for (const decision of delta.added) this.#intake.add(decision);
    this.set.ageDeparted();
    if (unknown > 0) this.#plan.sawUnknownDeletion();
    this.#plan.sawAdditions(delta.added.length + delta.malformed);
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

  #recordFailure(error: unknown): void {
    const kind = kindOf(error);
    this.#failures[kind] = (this.#failures[kind] ?? 0) + 1;
    this.#failing = true;
    this.#failuresInARow++;
    this.#lastError = { message: messageOf(error), hint: hintOf(error), moment: this.#clock.now() };
  }

  /** Sleeps until the next pull is due; `requestFull` may have it sooner. */
  async #rest(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wait = (this.#plan.nextPull ?? 0) - this.#clock.now();
      if (wait <= 0) return;
      const woken = new AbortController();
      this.#wake = () => {
        woken.abort();
      };
      await this.#sleep(wait, signal, woken);
      this.#wake = undefined;
    }
  }

  /** Resolves after `ms`, when `woken`, or when aborted. */
  async #sleep(ms: number, signal: AbortSignal, woken = new AbortController()): Promise<void> {
    // Its event has been and gone, and does not come again.
    if (signal.aborted) return;
    const wake = () => {
      woken.abort();
    };
    signal.addEventListener('abort', wake, { once: true });
    try {
      await this.#clock.sleep(ms, woken.signal);
    } catch (error) {
      if (!woken.signal.aborted) throw error;
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  #update(full: boolean): StreamUpdate {
    return { full, touched: this.set.takeTouched(), pull: this.#pulls };
  }
}
