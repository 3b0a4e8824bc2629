import type {
  ApplyReport,
  Capabilities,
  Changes,
  CheckStep,
  Concern,
  Current,
  DropCounters,
  Held,
  HeldEntry,
  Logger,
  Target,
  TargetFacts,
} from '@bouncer/target';
import { familyOf, instantNow, parseNetwork, type Clock, type Network } from '@bouncer/stream';
import type { FirewallSettings } from '../config.ts';
import { forwards } from '../doctor/forwarding.ts';
import type { RunProgram } from '../program.ts';
import { putBack } from '../state/put-back.ts';
import { SavedList } from '../state/saved-list.ts';
import { setupText } from '../setup/setup-text.ts';
import { checkIptables } from './check.ts';
import { Contest } from './contest.ts';
import { createLine, IPSET_MAX_TIMEOUT_SECONDS, ipsetShape, readSaved, stagingName } from './ipset.ts';
import type { IpsetShape } from './ipset.ts';
import { findDamage, look, misfitOf, tablesProgram, WAIT } from './look.ts';
import type { SeenFamily } from './look.ts';
import { findConcerns } from './own-rules.ts';
import { changeLines, changesOf, loadLines } from './restore.ts';
import type { FamilyChange } from './restore.ts';
import { findVanguardDamage, vanguardRemoval, vanguardScript } from './vanguard.ts';
import { findOvertaken, findRuleDamage, guardedChains, removalScript, ruleScript } from './rules.ts';
import { iptablesRulesToPaste } from './rules-to-paste.ts';

/** From so many changes of a family on, a full load is made, if it is also a fair part of what is held. */
const LOAD_FROM = 5000;
const LOAD_SHARE = 0.1;
/** A count may be short by what ends within so many seconds. */
const ENDS_SOON_SECONDS = 5;

/** An ipset for each family and one rule in each chain, by ipset and iptables. */
export class IptablesTarget implements Target {
  readonly name: string;
  readonly #settings: FirewallSettings;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #run: RunProgram;
  readonly #shapes: readonly IpsetShape[];
  #seen: readonly SeenFamily[] = [];
  #damage: string | undefined = 'not looked at yet';
  #purged = false;
  #warnedOf = '';
  #forwards = false;
  #concerns: readonly Concern[] = [];
  readonly #contest = new Contest();
  readonly #saved: SavedList;

  constructor(settings: FirewallSettings, clock: Clock, log: Logger, run: RunProgram) {
    this.name = `ipset ${settings.table}`;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log.child({ target: this.name });
    this.#run = run;
    this.#saved = new SavedList({ ...settings, folder: settings.stateDir, clock, log: this.#log });
    this.#shapes = settings.families.map((family) => ipsetShape(settings.table, family, settings.maxEntries));
  }

  /** After a reboot the kernel is empty, and LAPI may be away: the last list stands in until it answers. */
  async start(signal: AbortSignal): Promise<void> {
    await putBack(this, this.#saved, this.#log, signal, async () => {
      await this.#look(signal);
      return this.#seen.every(({ set }) => set === undefined);
    });
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    const { families } = this.#settings;
    this.#forwards = await forwards(families);
    await this.#look(signal);
    return { families, ranges: true, expires: true, maxTimeout: IPSET_MAX_TIMEOUT_SECONDS };
  }

  async list(signal: AbortSignal, known: Held = new Map()): Promise<Current> {
    await this.#look(signal);
    const held = new Map<Network, HeldEntry>();
    const now = instantNow(this.#clock);
    for (const { shape, set } of this.#seen) {
      if (!set) continue;
      const onLine = (line: string): void => {
        const saved = readSaved(line);
        const entry = saved && entryOf(saved.addresses, saved.timeout === 0 ? Infinity : now + saved.timeout, known);
        if (entry) held.set(entry.network, entry);
      };
      await this.#run({ program: 'ipset', args: ['save', shape.name], signal, onLine });
    }
    return { held, strays: [], needsApply: this.#damage !== undefined };
  }

  async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#purged) {
      await this.#removeSets(changes, report, signal);
      return;
    }
    this.#saved.note(held);
    const now = instantNow(this.#clock);
    for (const seen of this.#seen) {
      const change = changesOf(changes, seen.shape.family, (wanted) =>
        Math.min(Math.max(now + 1, wanted), now + IPSET_MAX_TIMEOUT_SECONDS),
      );
      await this.#write(seen, change, held, signal);
      for (const entry of change.written) report.written(entry);
      for (const entry of changes.delete) {
        if (familyOf(entry.network) === seen.shape.family) report.removed(entry);
      }
    }
    if (this.#damage === undefined) return;
    this.#contest.note(this.#seen.flatMap(({ shape, filter }) => findOvertaken(shape.name, this.#settings, filter)));
    this.#log.info({ seen: this.#damage }, 'ipsets and rules were made as they should be');
    // What the kernel made of it, and what stands before it now, is seen with our own eyes.
    await this.#look(signal);
  }

  async verify(held: Held, signal: AbortSignal): Promise<boolean> {
    await this.#look(signal);
    if (this.#damage !== undefined) {
      this.#log.warn({ seen: this.#damage }, 'sets or rules of the connector were changed from outside');
      return false;
    }
    this.#contest.note([]);
    this.#saved.save(held);
    const min = { 4: 0, 6: 0 };
    const after = instantNow(this.#clock) + ENDS_SOON_SECONDS;
    for (const { network, expiresAt } of held.values()) if (expiresAt > after) min[familyOf(network)] += 1;
    return this.#seen.every(({ shape, set }) => (set?.entries ?? 0) >= min[shape.family]);
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkIptables(this.#settings, this.#shapes, this.#run, signal);
  }

  setup(): string {
    return setupText(this.#settings, iptablesRulesToPaste(this.#settings));
  }

  async counters(signal: AbortSignal): Promise<readonly DropCounters[]> {
    const seen = await look(this.#run, this.#shapes, this.#settings, signal);
    return seen.map(({ shape, filter, vanguard = [] }) => {
      const rules = [...vanguard, ...filter.rules].filter(({ text }) => !text.includes('-j LOG'));
      const sum = (pick: (rule: (typeof rules)[number]) => number): number =>
        rules.reduce((total, rule) => total + pick(rule), 0);
      return { family: shape.family, packets: sum(({ packets }) => packets), bytes: sum(({ bytes }) => bytes) };
    });
  }

  facts(): TargetFacts {
    return { ipsets: this.#shapes.map(({ name }) => name).join(' ') };
  }

  concerns(): readonly Concern[] {
    return [...this.#concerns, ...this.#contest.concerns()];
  }

  /** Takes the rules away; the sets go with the entries. They are not made again by this target. */
  async purge(signal: AbortSignal): Promise<void> {
    this.#purged = true;
    for (const { shape, filter, vanguard = [] } of this.#seen) {
      if (filter.rules.length > 0) await this.#restoreRules(shape.family, removalScript(filter), signal);
      if (vanguard.length > 0) await this.#restoreRules(shape.family, vanguardRemoval(vanguard), signal);
    }
  }

  close(): Promise<void> {
    if (!this.#purged) this.#saved.save(undefined, true);
    return Promise.resolve();
  }

  async #write(seen: SeenFamily, change: FamilyChange, held: Held, signal: AbortSignal): Promise<void> {
    const { shape, set, filter, vanguard } = seen;
    const isDamaged = this.#damage !== undefined;
    const count = change.written.length + change.removed.length;
    const now = instantNow(this.#clock);
    const isLoad = count >= LOAD_FROM && count >= LOAD_SHARE * held.size;
    const mustSwap = isDamaged && set !== undefined && misfitOf(shape, set) !== undefined;
    if (isLoad || mustSwap) await this.#restore(loadLines(seen, change, held.values(), now), signal);
    else if (isDamaged) await this.#restore(chain([createLine(shape)], changeLines(shape, change, now)), signal);
    else if (count > 0) await this.#restore(changeLines(shape, change, now), signal);
    if (isDamaged && findRuleDamage(shape.name, this.#settings, filter) !== undefined) {
      await this.#restoreRules(shape.family, ruleScript(shape.name, this.#settings, filter), signal);
    }
    if (isDamaged && vanguard && findVanguardDamage(shape.name, this.#settings, vanguard) !== undefined) {
      await this.#restoreRules(shape.family, vanguardScript(shape.name, this.#settings, vanguard), signal);
    }
  }

  async #removeSets(changes: Changes, report: ApplyReport, signal: AbortSignal): Promise<void> {
    for (const { shape, set, leftOver } of this.#seen) {
      if (leftOver) await this.#restore([`destroy ${stagingName(shape)}\n`], signal);
      if (set) await this.#restore([`flush ${shape.name}\n`, `destroy ${shape.name}\n`], signal);
    }
    for (const held of changes.delete) report.removed(held);
  }

  async #restore(lines: Iterable<string>, signal: AbortSignal): Promise<void> {
    await this.#run({ program: 'ipset', args: ['restore', '-exist'], input: lines, signal });
  }

  async #restoreRules(family: 4 | 6, lines: Iterable<string>, signal: AbortSignal): Promise<void> {
    await this.#run({ program: tablesProgram(family, 'restore'), args: ['--noflush', ...WAIT], input: lines, signal });
  }

  async #look(signal: AbortSignal): Promise<void> {
    this.#seen = await look(this.#run, this.#shapes, this.#settings, signal);
    this.#damage = findDamage(this.#settings, this.#seen);
    this.#concerns = findConcerns(this.#settings, this.#seen, this.#forwards);
    const chains = guardedChains(this.#settings).map(({ chain }) => chain);
    const absent = chains.filter((each) => this.#seen.some(({ filter }) => !filter.chains.has(each)));
    const text = absent.join(', ');
    if (text !== '' && text !== this.#warnedOf) {
      this.#log.warn({ chains: text }, 'a chain is not there yet; its rule comes when it does');
    }
    this.#warnedOf = text;
  }
}

/** What a line says; the entry that is known already where it is the same. Text that is no network was not written by us. */
function entryOf(text: string, expiresAt: number, known: Held): HeldEntry | undefined {
  const before = known.get(text as Network);
  const network = before?.network ?? parseNetwork(Buffer.from(text).toString());
  if (network === undefined) return undefined;
  const isSame = before !== undefined && Math.abs(before.expiresAt - expiresAt) <= 1;
  return isSame ? before : { network, expiresAt };
}

function* chain(...parts: Iterable<string>[]): Generator<string> {
  for (const part of parts) yield* part;
}
