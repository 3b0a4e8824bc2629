import { BouncerError, TransientError, hintOf, instantNow, messageOf } from '@bouncer/stream';
import { Wakeup, type HeldRemovals, type Network, type StreamUpdate } from '@bouncer/stream';
import type { Capabilities, Current } from '@bouncer/target';
import { Applier } from './applier.ts';
import { CutNotice } from './cut-notice.ts';
import { Desired, NOTHING } from './desired.ts';
import { heldBack, isDoubted } from './held-back.ts';
import { Holding } from './holding.ts';
import { closeTarget, tellingOf } from './isolation.ts';
import { Interruptible } from './interruptible.ts';
import { Ledger } from './ledger.ts';
import { planAll } from './plan.ts';
import type { Plan } from './plan.ts';
import { RemovalGuard } from './removal-guard.ts';
import { Schedule, retryDelay } from './schedule.ts';
import type { ErrorNote, TargetState, TargetStatus } from './status.ts';
import type { WorkerOptions } from './worker-options.ts';

/** Keeps one device in step with the decision set: its own connection, its own state, its own backoff. */
export class TargetWorker {
  readonly #options: WorkerOptions;
  /** What the device said it can take when it was opened last; undefined before the first time. */
  #capabilities: Capabilities | undefined;
  /** What the device holds now, for people. */
  readonly holding: Holding;
  readonly #desired: Desired;
  readonly #ledger: Ledger;
  readonly #applier: Applier;
  readonly #schedule: Schedule;
  readonly #wakeup: Wakeup;
  /** Number of the last completed full pull; 0 before the first, when nothing is known and nothing may be written. */
  #pull = 0;
  #fullDue = false;
  /** True while only parts of answers have come: they add, and show nothing that may go. */
  #isPartial = false;
  /** True once a full pull was asked for because of an apply that failed, until in step again. */
  #askedFull = false;
  readonly #guard: RemovalGuard;
  /** Tells the listing that is made that something waits to be written. */
  #news: AbortController | undefined;
  #state: TargetState = 'connecting';
  /** False for the one-shot commands, which tell the outcome themselves. */
  #isFollowing = false;
  #failures = 0;
  #failuresInARow = 0;
  #lastError: ErrorNote | undefined;
  #lastSeenAt: number | undefined;
  readonly #cutNotice: CutNotice;
  #isStarted = false;
  /** Takes errors of the target's that nobody awaits. */
  readonly interruptible: Interruptible;

  constructor(options: WorkerOptions) {
    const { target, stream, clock, onChange } = options;
    const { set } = stream;
    this.#options = options;
    this.#ledger = new Ledger({ target: target.name, clock, entryOf: (network) => set.get(network), onChange });
    const isHeld = (network: Network): boolean => this.#ledger.held.has(network);
    const capabilities = (): Capabilities => this.#capabilities ?? NOTHING;
    this.#desired = new Desired(set, () => this.#capabilities, options.maxEntries, isHeld);
    const expires = (): boolean => capabilities().expires;
    this.holding = new Holding({ ...options, expires }, this.#ledger, this.#desired);
    this.#applier = new Applier({ ...options, capabilities }, this.#desired, this.#ledger);
    this.#schedule = new Schedule(clock, options.resyncInterval);
    this.#wakeup = new Wakeup(clock);
    this.#cutNotice = new CutNotice(target.name, options.log);
    this.#guard = new RemovalGuard({ ...options, target: target.name });
    this.interruptible = new Interruptible({ ...options, target: target.name });
  }

  /** Takes news from the stream; the work is done by `run`. A target that cannot be asked misses it, and is read anew. */
  notify(update: StreamUpdate): void {
    try {
      this.#take(update);
    } catch (error) {
      this.#fullDue = true;
      this.#fail(error);
      this.#wakeup.notify();
    }
  }

  #take(update: StreamUpdate): void {
    this.holding.noteEnded(update.touched);
    if (update.full || this.#pull === 0) {
      this.#pull = update.full ? update.pull : 0;
      this.#isPartial = this.#pull === 0;
      this.#fullDue = true;
      this.#desired.refresh();
      this.#applier.forgetNews();
    } else {
      this.#applier.touch(this.#desired.touch(update.touched));
    }
    if (this.#applier.hasNews) this.#news?.abort();
    if (this.#fullDue || this.#applier.hasNews) this.#wakeup.notify();
  }

  /** Connects, reconciles and follows until aborted. Resolves when stopped; the device keeps what it has. */
  async run(signal: AbortSignal): Promise<void> {
    const { target, clock, log, random } = this.#options;
    const isStopped = (): boolean => signal.aborted;
    this.#isFollowing = true;
    while (!isStopped()) {
      try {
        await this.interruptible.run((until) => this.#follow(until), signal);
      } catch (error) {
        if (isStopped()) break;
        this.#fail(error);
        await closeTarget(target, clock, log);
        const tries = Math.max(this.#failuresInARow, this.interruptible.inARow);
        await clock.sleep(retryDelay(error, tries, random()), signal).catch(() => undefined);
      }
    }
    this.#state = 'stopped';
    await closeTarget(target, clock, log);
  }

  /** One connection and one reconcile for `sync`. False when removals were held back. */
  async syncOnce(signal: AbortSignal): Promise<boolean> {
    await this.#open(signal);
    await this.#reconcile(true, signal);
    if (this.#ledger.refusals > 0) throw new BouncerError(`the device refused ${this.#ledger.refusals} entries`);
    return !this.#guard.isHolding;
  }

  /** What `sync` would do; the guard is asked but nothing is written. */
  async plan(signal: AbortSignal): Promise<{ plan: Plan; held: HeldRemovals | undefined; desired: Desired }> {
    await this.#open(signal);
    const current = await this.#list(signal, false);
    const plan = this.#planAll();
    const held = this.#guard.ask(this.#doubted(plan).size, this.#ledger.held.size, this.#pull);
    return { plan: { ...plan, delete: [...plan.delete, ...current.strays] }, held, desired: this.#desired };
  }

  status(): TargetStatus {
    const { limit } = this.#desired;
    const { lastPlan, lastChange } = this.#applier;
    return {
      name: this.#options.target.name,
      state: this.#state,
      desired: this.#desired.size,
      held: this.holding.size,
      ...(Number.isFinite(limit) ? { limit } : {}),
      skipped: this.#desired.skippedCounts(),
      refused: this.#ledger.refusals,
      ...(this.#capabilities?.isFull === true && this.#desired.overLimit > 0 && { isFull: true }),
      ...this.#guard.status(),
      ...(this.#lastSeenAt === undefined ? {} : { lastSeenAt: this.#lastSeenAt }),
      ...(lastChange ? { lastChange } : {}),
      ...(lastPlan ? { lastPlan } : {}),
      writes: this.#ledger.totals,
      applies: this.#applier.durations,
      ...(this.#lastError ? { lastError: this.#lastError } : {}),
      failures: this.#failures,
      ...this.#schedule.durations(),
      ...tellingOf(this.#options.target),
    };
  }

  async #follow(signal: AbortSignal): Promise<void> {
    this.#state = 'connecting';
    await this.#start(signal);
    await this.#open(signal);
    // Reconcile against what is known at once: a router that comes back empty must not wait for LAPI.
    this.#fullDue = this.#pull > 0 || this.#isPartial;
    this.#schedule.reset();
    for (;;) {
      signal.throwIfAborted();
      await this.#step(signal);
    }
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { target, starts = false } = this.#options;
    if (!starts || this.#isStarted) return;
    await target.start?.(signal);
    this.#isStarted = true;
  }

  async #open(signal: AbortSignal): Promise<void> {
    this.#capabilities = await this.#options.target.open(signal);
    this.#desired.refresh();
  }

  async #step(signal: AbortSignal): Promise<void> {
    const due = this.#schedule.due();
    if (this.#pull === 0 && !this.#isPartial) await this.#waitForFirstPull(signal);
    else if (this.#fullDue) await this.#reconcile(await this.#mustList(signal), signal);
    else if (this.#applier.hasNews) await this.#applyNews(signal);
    else if (due === 'list') await this.#reconcile(true, signal);
    else if (due === 'verify') await this.#verify(signal);
    else if (due === 'replan') await this.#reconcile(false, signal);
    else await this.#wakeup.wait(this.#schedule.wait(), signal);
  }

  /** LAPI may be away for long; the connection is looked after meanwhile. */
  async #waitForFirstPull(signal: AbortSignal): Promise<void> {
    const { target } = this.#options;
    if (this.#schedule.verifyIsDue()) {
      await this.#schedule.timeVerify(() => target.verify(this.#ledger.held, signal));
    }
    await this.#wakeup.wait(this.#schedule.untilVerify(), signal);
  }

  /** After a pull the device itself is read, unless that was done so lately that a look at the count is enough. */
  async #mustList(signal: AbortSignal): Promise<boolean> {
    if (this.#schedule.listIsStale()) return true;
    return !(await this.#options.target.verify(this.#ledger.held, signal));
  }

  async #applyNews(signal: AbortSignal): Promise<void> {
    // What would be written is told as a whole: nothing of it ever is.
    if (this.#options.dryRun) return this.#reconcile(false, signal);
    await this.#applier.applyNews(signal);
    this.#settled();
  }

  async #verify(signal: AbortSignal): Promise<void> {
    const { target, log, clock } = this.#options;
    this.#ledger.sweep();
    const same = await this.#schedule.timeVerify(() => target.verify(this.#ledger.held, signal));
    this.#lastSeenAt = clock.wall();
    if (same) return;
    log.warn({ target: target.name }, 'the device does not hold what it should; reading it again');
    await this.#reconcile(true, signal);
  }

  async #reconcile(list: boolean, signal: AbortSignal): Promise<void> {
    const isNew = this.#fullDue;
    this.#fullDue = false;
    this.#applier.forgetNews();
    if (this.#state !== 'in-step' && this.#state !== 'dry-run') this.#state = 'reconciling';
    const current = list ? await this.#list(signal, isNew) : undefined;
    const plan = this.#planAll();
    const strays = current?.strays ?? [];
    const doubted = this.#doubted(plan);
    const isHeld = this.#isPartial || (await this.#guard.judge(doubted, this.#ledger.held.size, this.#pull, signal));
    const changes = isHeld
      ? heldBack(plan, doubted, this.#desired.limit - this.#ledger.held.size, this.#isPartial ? [] : strays)
      : { ...plan, delete: [...plan.delete, ...strays] };
    await this.#applier.execute(changes, current?.needsApply === true, signal);
    this.#schedule.replanned();
    this.#settled();
  }

  /** Removals that rest on nothing but that LAPI does not name the entry. */
  #doubted(plan: Plan): ReadonlySet<Network> {
    const { clock, stream } = this.#options;
    return new Set(
      plan.delete.filter((held) => isDoubted(held, stream, instantNow(clock))).map((held) => held.network),
    );
  }

  /** What the device holds, which is what we know from here on. */
  async #list(signal: AbortSignal, isNew: boolean): Promise<Current<unknown>> {
    const news = (this.#news = new AbortController());
    // A full pull may have brought what has to be written now; else there is nothing that is not written yet.
    if (isNew && this.#state === 'in-step' && this.#planAll().create.length > 0) news.abort();
    const { target } = this.#options;
    const current = await this.#schedule.timeList(() => target.list(signal, this.#ledger.known, news.signal));
    this.#ledger.reset(current);
    this.#desired.chooseAgain();
    return current;
  }

  #planAll(): Plan {
    return planAll(this.#desired, this.#ledger.held, this.#applier.context());
  }

  #settled(): void {
    this.#cutNotice.look(this.#desired);
    const { dryRun, log, target } = this.#options;
    const state = dryRun ? 'dry-run' : 'in-step';
    if (this.#isFollowing && state === 'in-step' && this.#state !== 'in-step') {
      const since = this.#failuresInARow > 0 ? { failures: this.#failuresInARow } : {};
      log.info({ target: target.name, held: this.#ledger.held.size, ...since }, 'the device is in step');
    }
    this.#state = state;
    this.#failuresInARow = 0;
    this.#askedFull = false;
    this.#lastError = undefined;
    this.#lastSeenAt = this.#options.clock.wall();
  }

  #fail(error: unknown): void {
    const { target, log, clock, stream } = this.#options;
    this.#failures += 1;
    this.#failuresInARow += 1;
    this.#state = error instanceof TransientError ? 'away' : 'refused';
    this.#lastError = { message: messageOf(error), hint: hintOf(error), at: clock.wall() };
    const fields = { target: target.name, error: messageOf(error), hint: hintOf(error) };
    if (error instanceof TransientError) log.warn(fields, 'the device is away; trying again');
    else log.error(fields, 'the device cannot be written; trying again');
    // A device that is away costs LAPI nothing: the set has what it needs once it is back.
    if (!this.#applier.takeInterrupted() || this.#askedFull) return;
    this.#askedFull = true;
    stream.requestFull('an apply failed in the middle');
  }
}
