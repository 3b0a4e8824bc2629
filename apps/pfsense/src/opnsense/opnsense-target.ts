import { ConfigError, TransientError, hintOf, messageOf, type Clock, type Network } from '@bouncer/stream';
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
import type { RuleOffer } from '../rules/rule-steps.ts';
import { RuleWatch } from '../rules/rule-watch.ts';
import type { OpnSenseApi } from './opnsense-api.ts';
import { checkOpnSense } from './opnsense-check.ts';
import { readCounts, ruleStep } from './opnsense-rules.ts';
import { applyOpnSense, opnSenseSetup, removeOpnSense } from './opnsense-setup.ts';

/** Calls that are on their way at once: each is a PHP process on the firewall. */
const AT_ONCE = 4;
/** One call an address: a first load of so many takes minutes. */
const OPNSENSE_MAX_ENTRIES = 5000;

/** Each looks through all of the firewall's connections: the most important come first, and a first load has thousands. */
const MAX_KILLS_AT_ONCE = 32;

/** How an OPNsense target works. */
export interface OpnSenseOptions {
  /** End the open connections of newly banned addresses. */
  readonly killStates: boolean;
  readonly offer: RuleOffer;
}

/** The table of an `external` alias of OPNsense, address by address over its API. */
export class OpnSenseTarget implements Target<string> {
  readonly name: string;
  readonly #api: OpnSenseApi;
  readonly #address: ApiAddress;
  readonly #clock: Clock;
  readonly #drops = new DropSplit();
  readonly #rules: RuleWatch;
  readonly #options: OpnSenseOptions;
  /** Why connections of banned addresses could not be ended the last time; empty when they were. */
  #statesGoOn = '';

  constructor(name: string, api: OpnSenseApi, address: ApiAddress, clock: Clock, options: OpnSenseOptions) {
    this.name = name;
    this.#api = api;
    this.#address = address;
    this.#clock = clock;
    this.#options = options;
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
    if (this.#options.killStates) await this.#killStates(networksOf(changes.create), signal);
  }

  /** They are banned either way, so trouble is only told. */
  async #killStates(networks: readonly Network[], signal: AbortSignal): Promise<void> {
    try {
      await inParallel(networks.slice(0, MAX_KILLS_AT_ONCE), signal, (network) =>
        this.#api.killStates(network, signal),
      );
      if (networks.length > 0) this.#statesGoOn = '';
    } catch (error) {
      signal.throwIfAborted();
      this.#statesGoOn = `${messageOf(error)}; ${hintOf(error)}`;
    }
  }

  async verify(held: Held<string>, signal: AbortSignal): Promise<boolean> {
    await this.#rules.refresh(signal);
    const now = await this.#api.list(signal);
    return now.length === held.size && now.every((one) => held.has(one as Network));
  }

  concerns(): readonly Concern[] {
    if (this.#statesGoOn === '') return this.#rules.concerns();
    const seen = `open connections of newly banned addresses could not be ended: ${this.#statesGoOn}`;
    const fix = 'give the user the privilege Diagnostics: Show States, or set PFSENSE_KILL_STATES=false';
    return [...this.#rules.concerns(), { level: 'warn', seen, fix }];
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkApi(this.#address, this.#clock, signal, checkOpnSense(this.#api, this.#options, signal));
  }

  setup(): string {
    return opnSenseSetup(this.#api.alias, this.#options.offer);
  }

  applySetup(dry: boolean, signal: AbortSignal): Promise<string> {
    return applyOpnSense(this.#api, this.#options.offer, dry, signal);
  }

  removeSetup(dry: boolean, signal: AbortSignal): Promise<string> {
    return removeOpnSense(this.#api, dry, signal);
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
