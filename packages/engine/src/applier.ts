import { instantNow, originGroup } from '@bouncer/stream';
import type { Clock, Network } from '@bouncer/stream';
import type { AnyTarget, Capabilities, Logger } from '@bouncer/target';
import type { Desired } from './desired.ts';
import { DurationCounter } from './duration-counts.ts';
import type { AnyHeldEntry, Ledger } from './ledger.ts';
import { isEmpty, planSome } from './plan.ts';
import type { PlanContext, PlannedChanges } from './plan.ts';
import type { PlanSize, TargetStatus, WriteTotals } from './status.ts';

/** What an applier works with. */
export interface ApplierOptions {
  readonly target: AnyTarget;
  /** What the target last said that it can take. */
  readonly capabilities: () => Capabilities;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dryRun: boolean;
  /** Seconds. */
  readonly updateFrequency: number;
}

/** Brings changes to one device: whole plans in slices, news in between, every entry noted in the ledger. */
export class Applier {
  readonly #options: ApplierOptions;
  readonly #desired: Desired;
  readonly #ledger: Ledger;
  readonly #dirty = new Set<Network>();
  readonly durations = new DurationCounter();
  #lastChange: TargetStatus['lastChange'];
  #lastPlan: PlanSize | undefined;
  #saidDryRun = '';
  #isWriting = false;

  constructor(options: ApplierOptions, desired: Desired, ledger: Ledger) {
    this.#options = options;
    this.#desired = desired;
    this.#ledger = ledger;
  }

  get lastChange(): TargetStatus['lastChange'] {
    return this.#lastChange;
  }

  get lastPlan(): PlanSize | undefined {
    return this.#lastPlan;
  }

  /** True once after an apply that failed: something may have been written, or lost. */
  takeInterrupted(): boolean {
    const interrupted = this.#isWriting;
    this.#isWriting = false;
    return interrupted;
  }

  get hasNews(): boolean {
    return this.#dirty.size > 0;
  }

  /** Marks networks whose place may have changed. */
  touch(networks: Iterable<Network>): void {
    for (const network of networks) this.#dirty.add(network);
  }

  /** A plan over everything makes the single marks needless. */
  forgetNews(): void {
    this.#dirty.clear();
  }

  context(): PlanContext {
    const { clock, capabilities, updateFrequency } = this.#options;
    return { now: instantNow(clock), capabilities: capabilities(), leaveToDevice: updateFrequency };
  }

  /** Writes what was marked since the last time. */
  async applyNews(signal: AbortSignal): Promise<void> {
    if (this.#dirty.size === 0) return;
    const networks = [...this.#dirty];
    this.#dirty.clear();
    this.#ledger.leaveToDevice(networks.filter((network) => !this.#desired.has(network)));
    const before = this.#ledger.totals;
    const start = this.#options.clock.now();
    const plan = this.#planAgain(networks);
    this.#lastPlan = sizeOf(plan);
    await this.#apply(plan, signal);
    this.#tell(before, start, plan);
  }

  /**
   * Writes a plan. A plan larger than the target's batch goes in slices, each planned anew when its turn comes, so
   * that a fresh ban overtakes a long load and nothing is written that has changed meanwhile. An empty plan is given to
   * the target only when it `needsApply`.
   */
  async execute(plan: PlannedChanges, needsApply: boolean, signal: AbortSignal): Promise<void> {
    const { clock, dryRun } = this.#options;
    const before = this.#ledger.totals;
    const start = clock.now();
    this.#lastPlan = sizeOf(plan);
    if (dryRun) this.#tellDryRun(this.#lastPlan);
    else if (!isEmpty(plan)) await this.#withProgress(plan, () => this.#executeInSlices(plan, signal));
    else if (needsApply) await this.#write(plan, signal);
    this.#tell(before, start, plan);
  }

  /** A first load may take minutes: how far it is, every ten seconds. */
  async #withProgress(plan: PlannedChanges, work: () => Promise<void>): Promise<void> {
    const { clock, log, target } = this.#options;
    const { create, update, delete: remove } = sizeOf(plan);
    const before = sum(this.#ledger.totals);
    const done = new AbortController();
    const telling = (async () => {
      for (;;) {
        await clock.sleep(progressMs, done.signal);
        const written = sum(this.#ledger.totals) - before;
        log.info({ target: target.name, written, of: create + update + remove }, 'writing to the device');
      }
    })();
    // It ends by being told to.
    telling.catch(() => undefined);
    try {
      await work();
    } finally {
      done.abort(new Error('written'));
    }
  }

  async #executeInSlices(plan: PlannedChanges, signal: AbortSignal): Promise<void> {
    const { batch = Infinity } = this.#options.capabilities();
    const { create, update, delete: remove } = plan;
    if (create.length + update.length + remove.length <= batch) {
      await this.#apply(plan, signal);
      return;
    }
    const removeAll = async (): Promise<void> => {
      for (let start = 0; start < remove.length; start += batch) {
        await this.applyNews(signal);
        const due = remove.slice(start, start + batch).filter((held) => !this.#isWanted(held));
        await this.#apply({ create: [], update: [], delete: due }, signal);
      }
    };
    // What goes makes room on a device that is full; else there is never a gap.
    const isFull = this.#options.capabilities().isFull === true;
    if (isFull) await removeAll();
    const writes = [...create.map((entry) => entry.network), ...update.map((change) => change.entry.network)];
    for (let start = 0; start < writes.length; start += batch) {
      await this.applyNews(signal);
      await this.#apply(this.#planAgain(writes.slice(start, start + batch)), signal);
    }
    if (!isFull) await removeAll();
  }

  #planAgain(networks: Iterable<Network>): PlannedChanges {
    return planSome(networks, this.#desired, this.#ledger.held, this.context());
  }

  /** Banned again since the plan was made. A stray row of a wanted network still has to go. */
  #isWanted(held: AnyHeldEntry): boolean {
    return this.#desired.has(held.network) && this.#ledger.held.get(held.network)?.ref === held.ref;
  }

  async #apply(changes: PlannedChanges, signal: AbortSignal): Promise<void> {
    const create = changes.create.filter((entry) => !this.#ledger.isRefused(entry.network));
    const due: PlannedChanges = { create, update: changes.update, delete: changes.delete };
    if (isEmpty(due)) return;
    await this.#write(due, signal);
  }

  /** Once, and again when it would be something else. Ends that move are no news: they move at every pull. */
  #tellDryRun({ create, update, delete: remove }: PlanSize): void {
    const said = `${create} ${remove}`;
    if (said === this.#saidDryRun) return;
    this.#saidDryRun = said;
    const { target, log } = this.#options;
    log.info({ target: target.name, create, update, delete: remove }, 'dry run: this would be written');
  }

  async #write(changes: PlannedChanges, signal: AbortSignal): Promise<void> {
    const { limit } = this.#desired;
    this.#isWriting = true;
    await this.#options.target.apply(changes, this.#ledger.held, this.#ledger, signal);
    this.#isWriting = false;
    if (this.#desired.limit === limit) return;
    // The device was found to be full: what matters more takes the place of what matters less, at once.
    this.touch(this.#desired.touch([]));
    this.touch(changes.create.map(({ network }) => network));
  }

  /** One line for the whole of it, when anything was written; who is new in it is named, as far as a person reads on. */
  #tell(before: WriteTotals, start: number, plan: PlannedChanges): void {
    const { clock, log, target } = this.#options;
    const after = this.#ledger.totals;
    const change = {
      created: after.created - before.created,
      updated: after.updated - before.updated,
      deleted: after.deleted - before.deleted,
      // To the millisecond: the log is for people.
      seconds: Math.round(clock.now() - start) / 1000,
    };
    if (change.created + change.updated + change.deleted === 0) return;
    this.#lastChange = { ...change, at: clock.wall() };
    this.durations.add(change.seconds);
    log.info({ target: target.name, ...change, ...namesIn(plan) }, 'written to the device');
  }
}

/** Milliseconds between two lines of progress. */
const progressMs = 10_000;
/** Networks of a change that are named in its line. */
const maxNamed = 10;

/** `blocked: ['203.0.113.7 crowdsecurity/ssh-bf']`: what was detected here before what everybody has, then what was lifted. */
function namesIn({ create, delete: remove }: PlannedChanges): Record<string, readonly string[]> {
  const local: string[] = [];
  const others: string[] = [];
  for (const { network, origin, scenario } of create) {
    const names = originGroup(origin) === 'local' ? local : others;
    if (names.length < maxNamed) names.push(`${network} ${scenario}`);
    if (local.length === maxNamed) break;
  }
  const blocked = [...local, ...others].slice(0, maxNamed);
  const unblocked = remove.slice(0, maxNamed - blocked.length).map(({ network }) => network);
  return { ...(blocked.length > 0 && { blocked }), ...(unblocked.length > 0 && { unblocked }) };
}

function sum({ created, updated, deleted }: WriteTotals): number {
  return created + updated + deleted;
}

function sizeOf(changes: PlannedChanges): PlanSize {
  return { create: changes.create.length, update: changes.update.length, delete: changes.delete.length };
}
