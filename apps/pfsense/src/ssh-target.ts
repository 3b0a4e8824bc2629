import { TransientError, messageOf, type Clock, type Network } from '@bouncer/stream';
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
import { renderDelta, renderList } from './list/alias-file.ts';
import { DropSplit, countRules } from './rules/drop-split.ts';
import { difference, listAfter, tellDone } from './list/list-target.ts';
import { IN_FORCE, phpSnippet } from './php-snippet.ts';
import { setupText } from './setup-text.ts';
import { aliasProblem, demandRoom } from './ssh/alias-state.ts';
import { checkFirewall } from './ssh/check.ts';
import { endConnections } from './ssh/end-connections.ts';
import { Firewall } from './ssh/firewall.ts';
import { Outlook } from './ssh/outlook.ts';
import { familiesOf, readTable, textOf } from './ssh/read-table.ts';
import { targetName } from './ssh/firewall-settings.ts';
import type { FirewallSettings } from './ssh/firewall-settings.ts';
import { epochOf } from './ssh/report.ts';
import type { Report } from './ssh/report.ts';
import { SavedFile } from './ssh/saved-file.ts';
import { SharedLook } from './ssh/shared-look.ts';

/** A change of more than this share of the list is sent as a whole. */
const WHOLE_SHARE = 0.2;
/** A listing this young stands for the table. Milliseconds. */
const FRESH_MS = 2000;
/** Stopping must not take long. Milliseconds. */
const CLOSE_TIMEOUT_MS = 7000;

/** One pf table of one firewall, over one SSH connection; with a file behind it, or alone. */
export class SshTarget implements Target<string> {
  readonly name: string;
  readonly #settings: FirewallSettings;
  readonly #clock: Clock;
  readonly #log: Logger;
  #firewall: Firewall | undefined;
  readonly #outlook: Outlook;
  /** What was seen when the connection was opened; a listing or a write takes it away. */
  #opening: { readonly report: Report; readonly at: number } | undefined;
  /** The families that the table may hold something of. */
  #families = new Set<4 | 6>();
  /** Boot, reload and file at the last listing; empty when the table has to be read again. */
  #epoch = '';
  readonly #file: SavedFile;
  /** The whole list has to be written, whatever the changes. */
  #wholeIsDue = false;
  /** A command that was to change the table has not come to its end: it may have done its work all the same. */
  #isUnfinished = false;
  /** Of the last command: who aborts it is about to stop. */
  #signal: AbortSignal | undefined;
  readonly #counting = new SharedLook(async (signal) => {
    this.#note(await this.#alive().ask('probe', signal));
  });
  readonly #drops = new DropSplit();

  constructor(settings: FirewallSettings, clock: Clock, log: Logger) {
    this.name = targetName(settings);
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log.child({ target: this.name });
    this.#outlook = new Outlook(settings, this.#log);
    this.#file = new SavedFile(settings.file, clock);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    signal.throwIfAborted();
    if (this.#firewall) await this.close();
    this.#forget();
    const firewall = await Firewall.connect(this.#settings, this.#clock, signal);
    this.#firewall = firewall;
    try {
      const report = await firewall.ask('all', signal);
      const problem = aliasProblem(report, this.#settings);
      if (problem) throw problem;
      this.#note(report);
      this.#opening = { report, at: this.#clock.now() };
      return { families: [4, 6], ranges: true, expires: false };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async list(signal: AbortSignal, known?: Held<string>): Promise<Current<string>> {
    const report = await this.#look(signal);
    this.#note(report);
    const { held, strays } = readTable(report.entries, known);
    this.#families = familiesOf(held.keys());
    this.#epoch = epochOf(report);
    this.#wholeIsDue = !report.tables.has(this.#settings.alias) || this.#outlook.reloadIsDue(this.#clock.now());
    if (!this.#file.isInOrder(report.file, held.keys())) this.#wholeIsDue = true;
    return { held, strays, needsApply: this.#wholeIsDue };
  }

  async apply(
    changes: Changes<string>,
    held: Held<string>,
    report: ApplyReport<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const firewall = this.#alive();
    signal.throwIfAborted();
    this.#opening = undefined;
    const { add, gone } = difference(changes, held);
    const known = this.#outlook.report;
    if (add.length > 0 && known) demandRoom(known, this.#settings, held.size + add.length - gone.length);
    for (const family of familiesOf(add)) this.#families.add(family);
    const changed = add.length + gone.length;
    this.#signal = signal;
    this.#isUnfinished = changed > 0;
    if (this.#wholeIsDue || changed > WHOLE_SHARE * held.size) {
      if (changed > 0 || this.#wholeIsDue) await this.#replace(firewall, listAfter(held.keys(), add, gone), signal);
    } else if (changed > 0) {
      await firewall.change(renderDelta(add, gone.map(textOf)), signal);
      this.#file.tableChanged();
    }
    this.#isUnfinished = false;
    tellDone(changes, held, report);
    if (this.#settings.killStates) {
      this.#outlook.statesGoOn = !(await endConnections(firewall, add, this.#log, signal));
    }
  }

  async verify(held: Held<string>, signal: AbortSignal): Promise<boolean> {
    const firewall = this.#alive();
    this.#signal = signal;
    let report = await firewall.ask('probe', signal);
    if (this.#outlook.isOutdated(report)) report = await firewall.ask('facts', signal);
    this.#note(report);
    // Before the first listing there is nothing to compare with.
    if (this.#epoch === '') return held.size === 0;
    const same =
      epochOf(report) === this.#epoch &&
      this.#outlook.table?.addresses === held.size &&
      !this.#outlook.reloadIsDue(this.#clock.now());
    if (same && this.#file.isDue) await this.#replace(firewall, held.keys(), signal);
    return same;
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkFirewall(this.#settings, this.#clock, signal);
  }

  setup(): string {
    return setupText(this.#settings);
  }

  /** Needs a login that may run PHP as root: a restricted key may not. */
  async applySetup(dry: boolean, signal: AbortSignal): Promise<string> {
    const firewall = await Firewall.connect(this.#settings, this.#clock, signal);
    try {
      return await firewall.php(phpSnippet(this.#settings, dry), IN_FORCE, signal);
    } finally {
      firewall.close();
    }
  }

  async counters(signal: AbortSignal): Promise<readonly DropCounters[]> {
    await this.#counting.wait(signal);
    return this.#drops.counters();
  }

  concerns(): readonly Concern[] {
    return this.#outlook.concerns();
  }

  facts(): TargetFacts {
    const { report, table } = this.#outlook;
    return {
      ...(report && { version: report.version || 'unknown' }),
      ...(report?.tableEntries !== undefined && { table_entries_limit: report.tableEntries }),
      ...(table && { rules: table.rules }),
    };
  }

  async close(): Promise<void> {
    const firewall = this.#firewall;
    this.#firewall = undefined;
    if (!firewall) return;
    try {
      await this.#lastWord(firewall);
    } catch (error) {
      this.#log.warn(
        { error: messageOf(error) },
        'the list could not be saved on the firewall; a reboot brings an older one back',
      );
    }
    firewall.close();
  }

  /** The file gets what the table holds, which nobody has to remember: it is asked. */
  async #lastWord(firewall: Firewall): Promise<void> {
    const isStopping = this.#signal?.aborted === true;
    const isUnfinished = isStopping && this.#file.exists && this.#isUnfinished;
    this.#isUnfinished = false;
    if (!this.#file.isStale && !isUnfinished) return;
    const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
    if (!firewall.error) return this.#save(firewall, signal);
    // A command that was aborted has cost the connection.
    if (!isStopping) throw firewall.error;
    const fresh = await Firewall.connect(this.#settings, this.#clock, signal);
    await this.#save(fresh, signal).finally(() => {
      fresh.close();
    });
  }

  async #save(firewall: Firewall, signal: AbortSignal): Promise<void> {
    const { held } = readTable((await firewall.ask('show', signal)).entries);
    await this.#replace(firewall, held.keys(), signal);
  }

  /** What `open` has seen counts as a listing while it is fresh: one command less at every start. */
  async #look(signal: AbortSignal): Promise<Report> {
    const firewall = this.#alive();
    signal.throwIfAborted();
    const opening = this.#opening;
    this.#opening = undefined;
    const isFresh = opening !== undefined && this.#clock.now() - opening.at < FRESH_MS;
    return isFresh ? opening.report : firewall.ask('show', signal);
  }

  #alive(): Firewall {
    if (!this.#firewall) throw new TransientError('the firewall is not connected');
    if (this.#firewall.error) throw this.#firewall.error;
    return this.#firewall;
  }

  #forget(): void {
    this.#epoch = '';
    this.#outlook.forget();
    this.#opening = undefined;
    this.#file.forget();
    this.#wholeIsDue = false;
  }

  #note(report: Report): void {
    this.#outlook.note(report);
    const { table } = this.#outlook;
    if (!table) return;
    const counts = { table: table.blocked, rules: countRules(report.blocks, table.name) };
    this.#drops.note(counts, () => (this.#families.size === 1 ? [...this.#families][0] : undefined));
  }

  async #replace(firewall: Firewall, networks: Iterable<Network>, signal: AbortSignal): Promise<void> {
    const list = renderList(networks);
    await firewall.replace(list, signal);
    this.#wholeIsDue = false;
    this.#file.saved(list);
    if (!this.#file.exists) return;
    if (this.#outlook.reloadIsDue(this.#clock.now())) {
      this.#outlook.reloaded(this.#clock.now());
      await firewall.reloadFilter(signal);
      this.#note(await firewall.ask('facts', signal));
    }
    const { report } = this.#outlook;
    if (report) this.#epoch = epochOf({ ...report, file: this.#file.sum });
  }
}
