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
import { TransientError, instantNow, isSingle, type Clock, type Network } from '@bouncer/stream';
import type { FirewallSettings } from '../config.ts';
import { forwards } from '../doctor/forwarding.ts';
import { ORIGIN_OF } from './origin-group.ts';
import type { RunProgram } from '../program.ts';
import { setupText } from '../setup/setup-text.ts';
import { checkNftables } from './check.ts';
import { findConcerns } from './concerns.ts';
import { inTurn } from './in-turn.ts';
import { Inventory } from './inventory.ts';
import { removeAll, removeChains, writeLayout } from './layout-script.ts';
import { layoutOf } from './layout.ts';
import type { Layout } from './layout.ts';
import { ListingReader } from './listing.ts';
import { RangeBook } from './range-book.ts';
import { partsOf } from './parts.ts';
import { nftRulesToPaste } from './rules-to-paste.ts';
import { keyOf, placeOf } from './script.ts';
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
/** So many elements of each set are looked up at every verification. */
const SAMPLES = 4;
/** An element that ends within so many seconds is no sample. */
const ENDS_SOON_SECONDS = 5;

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
  readonly #layout: Layout;
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
    this.#layout = layoutOf(settings);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    const { families } = this.#settings;
    this.#forwards = await forwards(families);
    await this.#look(signal);
    return { families, ranges: true, expires: true, maxTimeout: MAX_TIMEOUT_SECONDS, batch: BATCH };
  }

  async list(signal: AbortSignal, known: Held<string> = new Map()): Promise<Current<string>> {
    await this.#look(signal);
    const inventory = new Inventory(known, this.#clock);
    if (this.#seen.table) {
      const reader = new ListingReader(this.#layout.sets, this.#clock, inventory);
      const args = ['list', 'table', 'inet', this.#settings.table];
      await this.#run({
        program: 'nft',
        args,
        signal,
        onLine: (line) => {
          reader.line(line);
        },
      });
    }
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
    const damage = this.#damage;
    if (create.length + update.length + remove.length === 0 && damage === undefined) return;
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
      // A deletion that is only tried: the kernel says whether the elements are there, and nothing is listed.
      await this.#commit(this.#samples(held).script(), signal, ['-c']);
      return true;
    } catch (error) {
      if (error instanceof TransientError && error.kind === 'gone') return false;
      throw error;
    }
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkNftables(this.#settings, this.#layout, this.#run, signal);
  }

  setup(): string {
    return setupText(this.#settings, nftRulesToPaste(this.#settings));
  }

  async counters(signal: AbortSignal): Promise<readonly DropCounters[]> {
    const { counters } = await look(this.#run, this.#settings.table, signal);
    return this.#layout.sets.flatMap(({ ranges, counter, family, group }) => {
      const found = ranges ? undefined : counters.find(({ name }) => name === counter);
      return found ? [{ family, packets: found.packets, bytes: found.bytes, origin: ORIGIN_OF[group] }] : [];
    });
  }

  facts(): TargetFacts {
    return { table: `inet ${this.#settings.table}`, chains: this.#layout.chains.length };
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
    return Promise.resolve();
  }

  /** The changes as transactions, each made when it is asked for. The first also mends table, sets and chains. */
  *#steps(changes: Changes<string>, held: Held<string>, damage: string | undefined): Generator<Step> {
    const { table } = this.#settings;
    let book = new RangeBook(held);
    let isFirst = true;
    for (const part of partsOf(changes, TRANSACTION)) {
      const writer = new Writer({ table, clock: this.#clock, maxTimeout: MAX_TIMEOUT_SECONDS, known: held, book });
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
    this.#damage = findDamage(this.#layout, this.#seen);
    this.#concerns = findConcerns(this.#settings, this.#layout, this.#seen, this.#forwards);
  }

  async #commit(input: AsyncIterable<string>, signal: AbortSignal, flags: readonly string[] = []): Promise<void> {
    await this.#run({ program: 'nft', args: [...flags, '-f', '-'], input, signal });
  }

  #samples(held: Held<string>): Transaction {
    const transaction = new Transaction();
    const { table } = this.#settings;
    const after = instantNow(this.#clock) + ENDS_SOON_SECONDS;
    const chosen = new Map<string, Network[]>();
    const seen = new Map<string, number>();
    for (const { network, expiresAt, ref } of held.values()) {
      if (ref === undefined || !isSingle(network) || expiresAt <= after) continue;
      const set = chosen.get(ref) ?? [];
      const count = (seen.get(ref) ?? 0) + 1;
      seen.set(ref, count);
      chosen.set(ref, set);
      const place = set.length < SAMPLES ? set.length : Math.floor(Math.random() * count);
      if (place < SAMPLES) set[place] = network;
    }
    for (const [set, networks] of chosen) {
      transaction.elements(['delete'], placeOf(table, set), networks, keyOf);
    }
    for (const [set, element] of new RangeBook(held).samples(after, this.#clock)) {
      transaction.elements(['delete'], placeOf(table, set), [element], (one) => one);
    }
    return transaction;
  }
}
