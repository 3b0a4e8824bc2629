import { ConfigError, TransientError, type Clock, type Network } from '@bouncer/stream';
import type {
  ApplyReport,
  Capabilities,
  Changes,
  CheckStep,
  Concern,
  Current,
  DropCounters,
  Held,
  Target,
} from '@bouncer/target';
import { checkApi } from '../api/api-check.ts';
import type { ApiAddress } from '../api/api-check.ts';
import { DropSplit } from '../rules/drop-split.ts';
import { networksOf, readList } from '../list/list-target.ts';
import { RuleWatch } from '../rules/rule-watch.ts';
import type { OpnSenseApi } from './opnsense-api.ts';
import { checkOpnSense } from './opnsense-check.ts';
import { readCounts, ruleStep } from './opnsense-rules.ts';
import { applyOpnSense, opnSenseSetup } from './opnsense-setup.ts';

/** Calls that are on their way at once: each is a PHP process on the firewall. */
const AT_ONCE = 4;
/** One call an address: a first load of so many takes minutes. */
const OPNSENSE_MAX_ENTRIES = 5000;

/** The table of an `external` alias of OPNsense, address by address over its API. */
export class OpnSenseTarget implements Target<string> {
  readonly name: string;
  readonly #api: OpnSenseApi;
  readonly #address: ApiAddress;
  readonly #clock: Clock;
  readonly #drops = new DropSplit();
  readonly #rules: RuleWatch;

  constructor(name: string, api: OpnSenseApi, address: ApiAddress, clock: Clock) {
    this.name = name;
    this.#api = api;
    this.#address = address;
    this.#clock = clock;
    this.#rules = new RuleWatch((signal) => ruleStep(api, signal), clock);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    signal.throwIfAborted();
    const { enabled } = await this.#api.read(signal);
    if (!enabled) {
      throw new ConfigError(`the alias ${this.#api.alias} is disabled`, {
        hint: 'Firewall > Aliases: enable it and Apply; or setup --apply',
      });
    }
    await this.#demandTable(signal);
    return { families: [4, 6], ranges: true, expires: false, maxEntries: OPNSENSE_MAX_ENTRIES, batch: 500 };
  }

  async list(signal: AbortSignal): Promise<Current<string>> {
    let entries = await this.#api.list(signal);
    // Nothing listed may mean that there is no table: what is added then would be in no rule's table.
    if (entries.length === 0 && (await this.#demandTable(signal))) entries = await this.#api.list(signal);
    await this.#rules.refresh(signal);
    return readList(entries);
  }

  async apply(
    changes: Changes<string>,
    held: Held<string>,
    report: ApplyReport<string>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    await inParallel(networksOf(changes.create), signal, async (network) => {
      const refusal = held.has(network) ? undefined : await this.#api.change('add', network, signal);
      if (refusal !== undefined) {
        report.refused(network, refusal);
        return;
      }
      report.written({ network, expiresAt: Infinity });
    });
    for (const { entry } of changes.update) report.written({ network: entry.network, expiresAt: Infinity });
    await inParallel(changes.delete, signal, async (line) => {
      const { network, ref } = line;
      if (ref !== undefined || held.has(network)) await this.#api.change('delete', ref ?? network, signal);
      report.removed(line);
    });
  }

  async verify(held: Held<string>, signal: AbortSignal): Promise<boolean> {
    await this.#rules.refresh(signal);
    const now = await this.#api.list(signal);
    return now.length === held.size && now.every((one) => held.has(one as Network));
  }

  concerns(): readonly Concern[] {
    return this.#rules.concerns();
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkApi(this.#address, this.#clock, signal, checkOpnSense(this.#api, signal));
  }

  setup(): string {
    return opnSenseSetup(this.#api.alias);
  }

  applySetup(dry: boolean, signal: AbortSignal): Promise<string> {
    return applyOpnSense(this.#api, dry, signal);
  }

  /** Needs a user who may see pf's tables; without that right nothing is counted. */
  async counters(signal: AbortSignal): Promise<readonly DropCounters[]> {
    const counts = await readCounts(this.#api, signal);
    if (counts) this.#drops.note(counts, () => undefined);
    return this.#drops.counters();
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  /**
   * An alias that was made or enabled and not applied, or a table that a reload has removed: OPNsense is asked to load its
   * aliases anew. True when that was needed.
   */
  async #demandTable(signal: AbortSignal): Promise<boolean> {
    const { alias } = this.#api;
    const isThere = async (): Promise<boolean> => (await this.#api.tables(signal))?.includes(alias) ?? true;
    if (await isThere()) return false;
    await this.#api.reconfigure(signal);
    if (await isThere()) return true;
    throw new TransientError(`pf has no table ${alias}, though OPNsense has loaded its aliases anew`, {
      hint: 'see Firewall > Log Files > General for why the rules were not loaded',
    });
  }
}

/** Some at a time, in order; the first failure ends it once the others are back. */
async function inParallel<T>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: unknown;
  const worker = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      const item = items[next++] as T;
      try {
        signal.throwIfAborted();
        await work(item);
      } catch (error) {
        failure = error;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failure !== undefined) throw failure as Error;
}
