import type {
  ApplyReport,
  Capabilities,
  Changes,
  CheckStep,
  Concern,
  Current,
  DropCounters,
  Held,
  Logger,
  Target,
  TargetFacts,
} from '@bouncer/target';
import { TransientError, type Clock } from '@bouncer/stream';
import type { FirewallSettings } from '../config.ts';
import { forwards } from '../doctor/forwarding.ts';
import { OriginGroups, originOf } from './origin-group.ts';
import type { RunProgram } from '../program.ts';
import { putBack } from '../state/put-back.ts';
import { SavedList } from '../state/saved-list.ts';
import { setupText } from '../setup/setup-text.ts';
import { checkNftables } from './check.ts';
import { findConcerns } from './concerns.ts';
import { inTurn } from './in-turn.ts';
import { Inventory } from './inventory.ts';
import { removeAll, removeChains, writeLayout } from './layout-script.ts';
import { devicesOf } from '../doctor/devices.ts';
import { layoutOf } from './layout.ts';
import type { Layout } from './layout.ts';
import { Lister } from './lister.ts';
import { groupOf, processedCounter } from './names.ts';
import { RangeBook } from './range-book.ts';
import { partsOf } from './parts.ts';
import { samplesOf } from './samples.ts';
import { nftRulesToPaste } from './rules-to-paste.ts';
import { findDamage, look, NOTHING_SEEN } from './seen.ts';
import type { Seen } from './seen.ts';
import { Transaction } from './transaction.ts';
import { Writer } from './writer.ts';
import type { Outcome } from './writer.ts';

/** A hundred years. The kernel takes more, but not for ever; it has been tried with this. */
const MAX_TIMEOUT_SECONDS = 3_155_760_000;
/** Entries in one transaction: nft takes 9 MB for them (42 MB for a hundred thousand). Two are at work at a time. */
const TRANSACTION = 10_000;
/** Entries in one apply, which a fresh ban has to wait for: a quarter of a second. */
const BATCH = 50_000;

/** One transaction, and what it will have done. */
interface Step {
  readonly transaction: Transaction;
  readonly outcome: Outcome;
}

/** The sets and chains in the kernel of this host, by the nft program. */
export class NftablesTarget implements Target<string> {
  readonly name: string;
  readonly #settings: FirewallSettings;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #run: RunProgram;
  readonly #groups: OriginGroups;
  readonly #saved: SavedList;
  #layout: Layout;
  readonly #lister: Lister;
  #seen: Seen = NOTHING_SEEN;
  /** What is wrong with table, sets or chains; put right with the next transaction. */
  #damage: string | undefined = 'not looked at yet';
  #purged = false;
  #forwards = false;
  #concerns: readonly Concern[] = [];

  constructor(settings: FirewallSettings, clock: Clock, log: Logger, run: RunProgram) {
    this.name = `nftables inet ${settings.table}`;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log.child({ target: this.name });
    this.#run = run;
    this.#groups = new OriginGroups(settings.setOnly);
    const labelOf = ({ ref = '' }: { readonly ref?: string | undefined }): string => originOf(groupOf(ref));
    this.#saved = new SavedList({ ...settings, folder: settings.stateDir, clock, log: this.#log, labelOf });
    this.#layout = layoutOf(settings);
    const { table } = settings;
    this.#lister = new Lister({ table, sets: () => this.#layout.sets, run, clock, log: this.#log });
  }

  /** After a reboot the kernel is empty, and LAPI may be away: the last list stands in until it answers. */
  async start(signal: AbortSignal): Promise<void> {
    await putBack(this, this.#saved, this.#log, signal, async () => {
      await this.#look(signal);
      return !this.#seen.table;
    });
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    const { families } = this.#settings;
    this.#forwards = await forwards(families);
    await this.#look(signal);
    return { families, ranges: true, expires: true, maxTimeout: MAX_TIMEOUT_SECONDS, batch: BATCH };
  }

  async list(signal: AbortSignal, known: Held<string> = new Map(), news?: AbortSignal): Promise<Current<string>> {
    const start = this.#clock.now();
    await this.#look(signal);
    const lookMs = this.#clock.now() - start;
    const inventory = this.#seen.table
      ? await this.#lister.read({ known, lookMs, news }, signal)
      : new Inventory(known, this.#clock);
    return { ...inventory.finish(), needsApply: this.#damage !== undefined };
  }

  async apply(
    changes: Changes<string>,
    held: Held<string>,
    report: ApplyReport<string>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    if (this.#purged) {
      await this.#removeAll(changes, report, signal);
      return;
    }
    await this.#wake(signal);
    const { create, update, delete: remove } = changes;
    this.#makeRoom(changes);
    const damage = this.#damage;
    if (create.length + update.length + remove.length === 0 && damage === undefined) return;
    this.#saved.note(held);
    const commit = ({ transaction }: Step, turn: Promise<unknown>): Promise<void> =>
      this.#commit(transaction.script(turn), signal);
    await inTurn(this.#steps(changes, held, damage), commit, ({ outcome }) => {
      if (this.#damage !== undefined)
        this.#log.info({ seen: damage }, 'table, sets and chains were made as they should be');
      this.#damage = undefined;
      for (const entry of outcome.written) report.written(entry);
      for (const entry of outcome.removed) report.removed(entry);
    });
  }

  async verify(held: Held<string>, signal: AbortSignal): Promise<boolean> {
    await this.#look(signal);
    if (this.#damage !== undefined) {
      this.#log.warn({ seen: this.#damage }, 'sets or rules of the connector were changed from outside');
      return false;
    }
    try {
      this.#saved.save(held);
      // A deletion that is only tried: the kernel says whether the elements are there, and nothing is listed.
      await this.#commit(samplesOf(held, this.#settings.table, this.#clock).script(), signal, ['-c']);
      return true;
    } catch (error) {
      if (error instanceof TransientError && error.kind === 'gone') return false;
      throw error;
    }
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkNftables(this.#settings, (seen) => this.#layoutFor(seen), this.#run, signal);
  }

  setup(): string {
    return setupText(this.#settings, nftRulesToPaste(this.#settings));
  }

  async counters(signal: AbortSignal): Promise<readonly DropCounters[]> {
    const { counters, sets } = await look(this.#run, this.#settings.table, signal);
    const byName = new Map(counters.map((each) => [each.name, each]));
    const dropped = sets.flatMap(({ name }): DropCounters[] => {
      const found = byName.get(name);
      const group = groupOf(name);
      if (!found || group === '') return [];
      return [
        { family: name.endsWith('6') ? 6 : 4, packets: found.packets, bytes: found.bytes, origin: originOf(group) },
      ];
    });
    const processed = this.#settings.families.flatMap((family): DropCounters[] => {
      const found = byName.get(processedCounter(family));
      return found
        ? [{ family, packets: 0, bytes: 0, processedPackets: found.packets, processedBytes: found.bytes }]
        : [];
    });
    return [...dropped, ...processed];
  }

  facts(): TargetFacts {
    const { failures } = this.#lister;
    const unlisted = failures > 0 && { listings_given_up: failures };
    return { table: `inet ${this.#settings.table}`, chains: this.#layout.chains.length, ...unlisted };
  }

  concerns(): readonly Concern[] {
    return this.#concerns;
  }

  /** Takes the chains away; sets and table go with the entries. They are not made again by this target. */
  async purge(signal: AbortSignal): Promise<void> {
    this.#purged = true;
    await this.#wake(signal);
    const transaction = new Transaction();
    removeChains(transaction, this.#settings.table, this.#seen);
    await this.#commit(transaction.script(), signal);
  }

  close(): Promise<void> {
    if (!this.#purged) this.#saved.save(undefined, true);
    return Promise.resolve();
  }

  /** The changes as transactions, each made when it is asked for. The first also mends table, sets and chains. */
  *#steps(changes: Changes<string>, held: Held<string>, damage: string | undefined): Generator<Step> {
    const { table } = this.#settings;
    let book = new RangeBook(held);
    let isFirst = true;
    for (const part of partsOf(changes, TRANSACTION)) {
      const writer = new Writer({
        table,
        clock: this.#clock,
        maxTimeout: MAX_TIMEOUT_SECONDS,
        known: held,
        book,
        groups: this.#groups,
      });
      const outcome = writer.add(part);
      const transaction = new Transaction();
      if (isFirst && damage !== undefined) writeLayout(transaction, this.#layout, this.#seen);
      writer.write(transaction);
      book = outcome.book;
      isFirst = false;
      yield { transaction, outcome };
    }
  }

  async #removeAll(changes: Changes<string>, report: ApplyReport<string>, signal: AbortSignal): Promise<void> {
    await this.#look(signal);
    const transaction = new Transaction();
    removeAll(transaction, this.#settings.table, this.#seen);
    await this.#commit(transaction.script(), signal);
    for (const held of changes.delete) report.removed(held);
  }

  /** A table that is switched off is switched on first: the kernel takes no new chains in the same transaction. */
  async #wake(signal: AbortSignal): Promise<void> {
    if (!this.#seen.asleep) return;
    const transaction = new Transaction();
    transaction.act(`add table inet ${this.#settings.table}`);
    await this.#commit(transaction.script(), signal);
    await this.#look(signal);
  }

  async #look(signal: AbortSignal): Promise<void> {
    this.#seen = await look(this.#run, this.#settings.table, signal);
    this.#layout = this.#layoutFor(this.#seen);
    this.#damage = findDamage(this.#layout, this.#seen);
    this.#concerns = findConcerns(this.#settings, this.#layout, this.#seen, this.#forwards);
  }

  /** Groups are known again by their sets; an interface may come and go, and the chain at its ingress with it. */
  #layoutFor({ sets }: Seen): Layout {
    for (const { name } of sets) this.#groups.learn(groupOf(name));
    return layoutOf(this.#settings, { devices: devicesOf(this.#settings), groups: this.#groups.all() });
  }

  /** An origin that comes for the first time gets sets and rules of its own, with its first entries. */
  #makeRoom({ create, update }: Changes<string>): void {
    const before = this.#groups.size;
    for (const entry of create) this.#groups.of(entry);
    for (const { entry } of update) this.#groups.of(entry);
    if (this.#groups.size === before) return;
    this.#layout = this.#layoutFor(this.#seen);
    this.#damage ??= 'the sets of a new origin are missing';
  }

  async #commit(input: AsyncIterable<string>, signal: AbortSignal, flags: readonly string[] = []): Promise<void> {
    await this.#run({ program: 'nft', args: [...flags, '-f', '-'], input, signal });
  }
}
