import { AsyncLocalStorage } from 'node:async_hooks';
import { GuardError, messageOf, systemClock } from '@bouncer/stream';
import type { Clock, HeldRemovals, Network, StreamStatus, StreamUpdate } from '@bouncer/stream';
import type { AnyTarget } from '@bouncer/target';
import { closeTarget } from './isolation.ts';
import { purgeTarget } from './purge.ts';
import type { ControllerStatus, Counting, Holder, PlanResult, TargetOutcome, TargetStatus } from './status.ts';
import type { FollowedStream } from './followed-stream.ts';
import type { TargetSpec } from './target-spec.ts';
import { TargetWorker } from './target-worker.ts';
import type { ReconcileOptions } from './worker-options.ts';

/** The last pull counts as fresh for so many poll intervals. */
const FRESH_INTERVALS = 3;
/** Failures of the stream that say that LAPI answers what we do not understand: that is no fresh list. */
const PUZZLED: ReadonlySet<string | undefined> = new Set(['malformed', 'protocol']);
/** A worker that ended before its time begins again after so long, in milliseconds. */
const RESTART_MS = 10_000;
/** How many skipped values a plan names; the rest is in the counts. */
const SKIPPED_NAMED = 1000;

/** Whose work is under way, for errors that nobody awaits. */
const scope = new AsyncLocalStorage<TargetWorker>();

/** What targets are told that need no decisions of ours: all is known, and there is none. */
const NO_DECISIONS: StreamUpdate = { full: true, touched: new Set(), pull: 1 };

/** What a controller is made of. Time and chance are the machine's own but in tests. */
export interface ControllerOptions extends Omit<ReconcileOptions, 'clock' | 'random'> {
  readonly stream: FollowedStream;
  readonly targets: readonly TargetSpec[];
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** One decision stream, several devices: pulls once, keeps each device in step on its own. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #targets: readonly AnyTarget[];
  readonly #workers: readonly TargetWorker[];
  readonly #startedAt: number;

  constructor(options: ControllerOptions) {
    const { stream, targets, clock = systemClock, random = Math.random, maxEntries, dryRun } = options;
    this.#options = options;
    this.#clock = clock;
    this.#startedAt = clock.wall();
    this.#targets = targets.map(({ target }) => target);
    this.#workers = targets.map(
      (spec) =>
        new TargetWorker({
          ...options,
          target: spec.target,
          maxEntries: spec.maxEntries ?? maxEntries,
          dryRun: spec.dryRun ?? dryRun,
          stream: spec.types || spec.allowlist ? stream.view(spec) : stream,
          starts: targets.length > 1,
          clock,
          random,
        }),
    );
  }

  /** False when somebody else enforces the decisions for every target: then LAPI is never asked. */
  get pulls(): boolean {
    const { targets } = this.#options;
    return targets.length === 0 || targets.some(({ target }) => target.enforcesElsewhere !== true);
  }

  /** Follows the stream until aborted. The devices keep what they have. */
  async run(signal: AbortSignal): Promise<void> {
    const { stream } = this.#options;
    const workers = this.#workers.map((worker) => this.#asDoingOf(worker, () => this.#keepRunning(worker, signal)));
    if (this.pulls) {
      await stream.run(signal, (update) => {
        this.#notify(update);
      });
    } else this.#notify(NO_DECISIONS);
    await Promise.all(workers);
  }

  /**
   * One full pull and one reconcile of every device. Rejects when LAPI cannot be pulled; what was read until then is
   * blocked all the same.
   */
  async sync(signal: AbortSignal): Promise<readonly TargetOutcome[]> {
    const failure = await this.#pullOnce(signal);
    const outcomes = await this.#each(signal, (worker) => worker.syncOnce(signal));
    if (failure) throw failure;
    return outcomes.map((outcome) => this.#toOutcome(outcome));
  }

  /** What `sync` would do to every device; writes nothing, and eats no delta of a running connector. */
  async plan(signal: AbortSignal): Promise<readonly PlanResult[]> {
    const { stream } = this.#options;
    this.#notify(this.pulls ? await stream.preview(signal) : NO_DECISIONS);
    const skipped = stream.skippedValues();
    const results: PlanResult[] = [];
    const attempts = await this.#each(signal, (worker) => worker.plan(signal));
    for (const { target, value, error } of attempts) {
      if (error && attempts.length === 1) throw error;
      if (!value) {
        results.push({ target, create: 0, update: 0, delete: 0, unchanged: 0, skipped: [], ...(error && { error }) });
        continue;
      }
      const { plan, held, desired } = value;
      const left = Array.from(desired.skipped(), ([network, reason]) => ({ value: network, reason }));
      results.push({
        target,
        create: plan.create.length,
        update: plan.update.length,
        delete: plan.delete.length,
        unchanged: plan.unchanged,
        skipped: [...skipped, ...left].slice(0, SKIPPED_NAMED),
        ...(held && !held.confirmed ? { held: `${heldText(held)}; ${HOW_TO_ACCEPT}` } : {}),
      });
    }
    return results;
  }

  /** Removes every entry that we own on every device, and nothing else. LAPI is not asked. */
  async purge(signal: AbortSignal): Promise<readonly TargetOutcome[]> {
    return Promise.all(
      this.#options.targets.map(async ({ target, dryRun = this.#options.dryRun }) =>
        dryRun
          ? { target: target.name, ok: false, removed: 0, error: new Error('nothing removed, DRY_RUN is set for it') }
          : purgeTarget(target, signal),
      ),
    );
  }

  status(): ControllerStatus {
    const { stream, updateFrequency } = this.#options;
    const streamStatus = stream.status();
    const targets = this.#workers.map((worker) => worker.status());
    const age = this.#clock.wall() - (streamStatus.lastPullAt ?? -Infinity);
    const fresh = !this.pulls || age <= FRESH_INTERVALS * updateFrequency * 1000;
    const others = targets.filter(({ state }) => state !== 'dry-run');
    // Where all are dry runs nothing is protected, and that is judged.
    const judged = others.length > 0 ? others : targets;
    const sure = !streamStatus.guard && !PUZZLED.has(streamStatus.lastError?.kind);
    const inStep = judged.every(isWhole);
    const ready = fresh && sure && inStep;
    const asked: StreamStatus = this.pulls ? streamStatus : { ...streamStatus, state: 'unasked' };
    return { startedAt: this.#startedAt, stream: asked, targets, updateFrequency, ready };
  }

  /** Every device, and whether it holds this very entry. */
  holders(network: Network): readonly Holder[] {
    return this.#workers.map((worker) => worker.holding.of(network));
  }

  /** What the device with this name holds of ours. */
  heldBy(name: string): Iterable<Network> {
    const index = this.#targets.findIndex((target) => target.name === name);
    return this.#workers[index]?.holding.networks() ?? [];
  }

  /**
   * Takes an error that reached nobody (of a timer, a socket's listener, a forgotten promise) while its async context still
   * stands: when it is the doing of one of several targets, that one begins anew. False when it is nobody's: the process
   * cannot go on then.
   */
  takeStrayError(error: unknown): boolean {
    const worker = scope.getStore();
    if (!worker || !this.#workers.includes(worker)) return false;
    worker.interruptible.interrupt(error);
    return true;
  }

  /** The targets that count what they drop. An error that one lets loose while it is asked for that is its own doing, too. */
  counting(): readonly Counting[] {
    return this.#workers.flatMap((worker, index) => {
      const target = this.#targets[index];
      if (!target?.counters) return [];
      const counters = async (signal: AbortSignal) =>
        this.#asDoingOf(worker, async () => (await target.counters?.(signal)) ?? []);
      return [{ name: target.name, counters }];
    });
  }

  /** Ends all connections; for the one-shot commands. */
  async close(): Promise<void> {
    const { log } = this.#options;
    await Promise.all(this.#targets.map((target) => closeTarget(target, this.#clock, log)));
  }

  /** A target that is alone has the process to itself, and its scope would cost memory and time. */
  #asDoingOf<T>(worker: TargetWorker, work: () => T): T {
    return this.#workers.length === 1 ? work() : scope.run(worker, work);
  }

  #toOutcome({ target, value, error }: Attempt<boolean>): TargetOutcome {
    if (error) return { target, ok: false, error };
    if (value === true) return { target, ok: true };
    const guard = this.status().targets.find(({ name }) => name === target)?.guard ?? { removals: 0, held: 0 };
    const hint = `if LAPI is right, ${HOW_TO_ACCEPT}; \`run\` does it once LAPI has agreed for MAX_REMOVAL_HOLD`;
    return { target, ok: false, held: guard.removals, error: new GuardError(heldText(guard), { hint }) };
  }

  /** Gives why LAPI could not be read to the end, when something of it was. */
  async #pullOnce(signal: AbortSignal): Promise<Error | undefined> {
    if (!this.pulls) {
      this.#notify(NO_DECISIONS);
      return undefined;
    }
    const { stream } = this.#options;
    stream.requestFull('sync');
    try {
      this.#notify(await stream.poll(signal));
      return undefined;
    } catch (error) {
      if (signal.aborted || stream.set.size === 0) throw error;
      this.#notify({ full: false, touched: new Set(), pull: 0 });
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** A worker that ends before its time is a mistake of its target's: it begins anew, and no other hears of it. */
  async #keepRunning(worker: TargetWorker, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await worker.run(signal);
      } catch (error) {
        this.#options.log.error({ error: messageOf(error) }, 'a target failed unexpectedly; it is restarted');
        await this.#clock.sleep(RESTART_MS, signal).catch(() => undefined);
      }
    }
  }

  #notify(update: StreamUpdate): void {
    for (const worker of this.#workers) worker.notify(update);
  }

  async #each<T>(signal: AbortSignal, work: (worker: TargetWorker) => Promise<T>): Promise<Attempt<T>[]> {
    signal.throwIfAborted();
    const attempts = this.#workers.map(async (worker, index): Promise<Attempt<T>> => {
      const target = this.#targets[index]?.name ?? '';
      try {
        return { target, value: await work(worker) };
      } catch (error) {
        return { target, error: error instanceof Error ? error : new Error(String(error)) };
      }
    });
    const done = await Promise.all(attempts);
    await this.close();
    return done;
  }
}

interface Attempt<T> {
  readonly target: string;
  readonly value?: T;
  readonly error?: Error;
}

/** How to have a mass removal carried out at once. */
const HOW_TO_ACCEPT = '`sync --accept-removals` carries them out at once';

function heldText({ removals, held }: Pick<HeldRemovals, 'removals' | 'held'>): string {
  return `${removals} removals of ${held} entries are held, since LAPI leaves out more than MAX_REMOVAL_PERCENT at once`;
}

/** It holds all that it should. */
function isWhole({ state, refused, guard, isFull = false }: TargetStatus): boolean {
  return state === 'in-step' && refused === 0 && !guard && !isFull;
}
