import { systemClock } from '@bouncer/stream';
import type { Clock, DecisionStream, Network, StreamUpdate } from '@bouncer/stream';
import type { Target } from '../target/target.ts';
import { purgeTarget } from './purge.ts';
import type { ControllerStatus, Holder, PlanResult, TargetOutcome } from './status.ts';
import { TargetWorker } from './target-worker.ts';
import type { ReconcileOptions } from './target-worker.ts';

/** The last pull counts as fresh for so many poll intervals. */
const FRESH_INTERVALS = 3;
/** Between the two pulls of a `sync` whose removals look like a mistake. */
const SECOND_OPINION_MS = 2000;
/** How many skipped values a plan names; the rest is in the counts. */
const SKIPPED_NAMED = 1000;

/** What a controller needs of a decision stream. */
export type FollowedStream = Pick<
  DecisionStream,
  'set' | 'status' | 'poll' | 'preview' | 'run' | 'requestFull' | 'skippedValues'
>;

/** What a controller is made of. Time and chance are the machine's own but in tests. */
export interface ControllerOptions extends Omit<ReconcileOptions, 'clock' | 'random'> {
  readonly stream: FollowedStream;
  readonly targets: readonly Target[];
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** One decision stream, several devices: pulls once, keeps each device in step on its own. */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #clock: Clock;
  readonly #workers: readonly TargetWorker[];
  readonly #startedAt: number;

  constructor(options: ControllerOptions) {
    const { stream, targets, clock = systemClock, random = Math.random } = options;
    this.#options = options;
    this.#clock = clock;
    this.#startedAt = clock.wall();
    this.#workers = targets.map(
      (target) =>
        new TargetWorker({
          ...options,
          target,
          set: stream.set,
          clock,
          random,
          requestFull: (reason) => {
            stream.requestFull(reason);
          },
        }),
    );
  }

  /** Follows the stream until aborted. The devices keep what they have. */
  async run(signal: AbortSignal): Promise<void> {
    const { stream } = this.#options;
    const workers = this.#workers.map((worker) => worker.run(signal));
    await stream.run(signal, (update) => {
      this.#notify(update);
    });
    await Promise.all(workers);
  }

  /** One full pull and one reconcile of every device. Rejects when LAPI cannot be pulled. */
  async sync(signal: AbortSignal): Promise<readonly TargetOutcome[]> {
    const { stream } = this.#options;
    stream.requestFull('sync');
    this.#notify(await stream.poll(signal));
    const outcomes = await this.#each(signal, (worker) => worker.syncOnce(signal));
    if (outcomes.every((outcome) => outcome.value !== false)) return outcomes.map(toOutcome);
    // Removals were held back: a second pull decides, at once, since nobody waits for the next one.
    await this.#clock.sleep(SECOND_OPINION_MS, signal);
    stream.requestFull('removals are held until a second full pull agrees');
    this.#notify(await stream.poll(signal));
    const second = await this.#each(signal, (worker) => worker.syncOnce(signal));
    return second.map(toOutcome);
  }

  /** What `sync` would do to every device; writes nothing, and eats no delta of a running connector. */
  async plan(signal: AbortSignal): Promise<readonly PlanResult[]> {
    const { stream, targets } = this.#options;
    this.#notify(await stream.preview(signal));
    const skipped = stream.skippedValues();
    const results: PlanResult[] = [];
    for (const [index, worker] of this.#workers.entries()) {
      const { plan, held, desired } = await worker.plan(signal);
      const left = [...desired.skipped()].map(([value, reason]) => ({ value, reason }));
      results.push({
        target: targets[index]?.name ?? '',
        create: plan.create.length,
        update: plan.update.length,
        delete: plan.delete.length,
        unchanged: plan.unchanged,
        skipped: [...skipped, ...left].slice(0, SKIPPED_NAMED),
        ...(held ? { held: `${held.removals} removals of ${held.held} entries wait for a second full pull` } : {}),
      });
    }
    await this.close();
    return results;
  }

  /** Removes every entry that we own on every device, and nothing else. LAPI is not asked. */
  async purge(signal: AbortSignal): Promise<readonly TargetOutcome[]> {
    return Promise.all(this.#options.targets.map((target) => purgeTarget(target, signal)));
  }

  status(): ControllerStatus {
    const { stream, updateFrequency } = this.#options;
    const streamStatus = stream.status();
    const targets = this.#workers.map((worker) => worker.status());
    const age = this.#clock.wall() - (streamStatus.lastPullAt ?? -Infinity);
    const fresh = age <= FRESH_INTERVALS * updateFrequency * 1000;
    const others = targets.filter(({ state }) => state !== 'dry-run');
    // Where all are dry runs nothing is protected, and that is judged.
    const judged = others.length > 0 ? others : targets;
    const ready = fresh && judged.every(({ state, refused, guard }) => state === 'in-step' && refused === 0 && !guard);
    return { startedAt: this.#startedAt, stream: streamStatus, targets, updateFrequency, ready };
  }

  /** Every device, and whether it holds this very entry. */
  holders(network: Network): readonly Holder[] {
    return this.#workers.map((worker) => worker.holding.of(network));
  }

  /** What the device with this name holds of ours. */
  heldBy(name: string): Iterable<Network> {
    const index = this.#options.targets.findIndex((target) => target.name === name);
    return this.#workers[index]?.holding.networks() ?? [];
  }

  /** Ends all connections; for the one-shot commands. */
  async close(): Promise<void> {
    await Promise.all(this.#options.targets.map((target) => target.close()));
  }

  #notify(update: StreamUpdate): void {
    for (const worker of this.#workers) worker.notify(update);
  }

  async #each<T>(signal: AbortSignal, work: (worker: TargetWorker) => Promise<T>): Promise<Attempt<T>[]> {
    signal.throwIfAborted();
    const attempts = this.#workers.map(async (worker, index): Promise<Attempt<T>> => {
      const target = this.#options.targets[index]?.name ?? '';
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

function toOutcome({ target, value, error }: Attempt<boolean>): TargetOutcome {
  if (error) return { target, ok: false, error };
  if (value === true) return { target, ok: true };
  return { target, ok: false, error: new Error('removals are held: two full pulls did not agree') };
}
