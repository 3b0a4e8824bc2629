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
import { difference, isSame, listAfter, tellDone, without } from './list/list-target.ts';
import type { HeldLine } from './list/list-target.ts';
import { applySetup, removeSetup } from './setup-by-ssh.ts';
import { setupText } from './setup-text.ts';
import { aliasProblem } from './ssh/alias-state.ts';
import { checkFirewall } from './ssh/check.ts';
import { DropWatch } from './ssh/drop-watch.ts';
import { endConnections } from './ssh/end-connections.ts';
import { Firewall } from './ssh/firewall.ts';
import { Outlook } from './ssh/outlook.ts';
import { readTable, textOf } from './ssh/read-table.ts';
import { targetName } from './ssh/firewall-settings.ts';
import type { FirewallSettings } from './ssh/firewall-settings.ts';
import { epochOf } from './ssh/report.ts';
import type { Report } from './ssh/report.ts';
import { isTight, Room } from './ssh/room.ts';
import { SavedFile } from './ssh/saved-file.ts';
import { SharedLook } from './ssh/shared-look.ts';
import { Surprises } from './ssh/surprises.ts';
import { troubleConcerns } from './ssh/trouble.ts';

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
  /** Boot, reload and file at the last listing; empty when the table has to be read again. */
  #epoch = '';
  /** The same without the file, which another hand may have written. */
  #calm = '';
  readonly #file: SavedFile;
  readonly #room: Room;
  readonly #surprises: Surprises;
  /** Another target of ours that is the same firewall. */
  #twin: string | undefined;
  /** The whole list has to be written, whatever the changes. */
  #wholeIsDue = false;
  /** A command that was to change the table has not come to its end: it may have done its work all the same. */
  #isUnfinished = false;
  /** Of the last command: who aborts it is about to stop. */
  #signal: AbortSignal | undefined;
  readonly #counting = new SharedLook(async (signal) => {
    this.#note(await this.#alive().ask('probe', signal));
  });
  readonly #drops = new DropWatch();

  constructor(settings: FirewallSettings, clock: Clock, log: Logger) {
    this.name = targetName(settings);
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log.child({ target: this.name });
    this.#outlook = new Outlook(settings, this.#log);
    this.#file = new SavedFile(settings.file, clock);
    this.#room = new Room(settings);
    this.#surprises = new Surprises(clock, this.#log);
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
      this.#twin = this.#settings.twins?.note(this.name, `${firewall.hostKey} ${report.boot}`);
      return this.#room.capabilities();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async list(signal: AbortSignal, known?: Held<string>): Promise<Current<string>> {
    const report = await this.#look(signal);
    const isCalm = this.#epoch !== '' && epochOf({ ...report, file: '' }) === this.#calm && !this.#isUnfinished;
    this.#note(report);
    const { held, strays } = readTable(report.entries, known);
    this.#drops.holds(held.keys());
    this.#epoch = epochOf(report);
    this.#calm = epochOf({ ...report, file: '' });
    this.#wholeIsDue = !report.tables.has(this.#settings.alias) || this.#outlook.reloadIsDue(this.#clock.now());
    const isOther = !this.#file.isInOrder(report.file, held.keys());
    if (isOther) this.#wholeIsDue = true;
    const wasWritten = isOther && this.#file.trouble === '';
    if (isCalm && known && (wasWritten || !isSame(held, known))) this.#surprises.note();
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
    const { add: wanted, gone } = difference(changes, held);
    // What finds no room is not told as done: the list is chosen anew at the next look.
    const add = wanted.slice(0, Math.max(0, this.#room.most - held.size + gone.length));
    this.#drops.gets(add);
    this.#signal = signal;
    await this.#write(firewall, add, gone, held, signal);
    tellDone(without(changes, wanted.slice(add.length)), held, report);
    if (this.#settings.killStates) {
      this.#outlook.statesGoOn = !(await endConnections(firewall, add, this.#log, signal));
    }
  }

  async verify(held: Held<string>, signal: AbortSignal): Promise<boolean> {
    const firewall = this.#alive();
    this.#signal = signal;
    let report = await firewall.ask('probe', signal);
    if (this.#outlook.isOutdated(report)) report = await firewall.ask('facts', signal);
    const isRoomNews = this.#note(report, held.size);
    // Before the first listing there is nothing to compare with.
    if (this.#epoch === '') return held.size === 0;
    const same =
      epochOf(report) === this.#epoch &&
      this.#outlook.table?.addresses === held.size &&
      !this.#outlook.reloadIsDue(this.#clock.now());
    if (same && this.#file.isDue(this.#room.most)) await this.#replace(firewall, held.keys(), signal);
    return same && !isRoomNews;
  }

  check(signal: AbortSignal): AsyncIterable<CheckStep> {
    return checkFirewall(this.#settings, this.#clock, signal);
  }

  setup(): string {
    return setupText(this.#settings);
  }

  applySetup(dry: boolean, signal: AbortSignal): Promise<string> {
    return applySetup(this.#settings, this.#clock, dry, signal);
  }

  removeSetup(dry: boolean, signal: AbortSignal): Promise<string> {
    return removeSetup(this.#settings, this.#clock, dry, signal);
  }

  async counters(signal: AbortSignal): Promise<readonly DropCounters[]> {
    await this.#counting.wait(signal);
    return this.#drops.counters();
  }

  concerns(): readonly Concern[] {
    return [
      ...this.#outlook.concerns(),
      ...troubleConcerns(this.#file.trouble, this.#surprises.areMany, this.#twin, this.#settings),
    ];
  }

  facts(): TargetFacts {
    return this.#outlook.facts();
  }

  async close(): Promise<void> {
    const firewall = this.#firewall;
    this.#firewall = undefined;
    if (!firewall) return;
    try {
      await this.#lastWord(firewall);
    } catch (error) {
      const what = 'the list could not be saved on the firewall; a reboot brings an older one back';
      this.#log.warn({ error: messageOf(error) }, what);
    }
    firewall.close();
  }

  #noteTrouble(trouble: string): void {
    if (this.#file.trouble === '') {
      this.#log.warn({ error: trouble }, 'the list is in force, but its file on the firewall cannot be written');
    }
    this.#file.notSaved(trouble, this.#outlook.report?.file ?? '');
  }

  /** The file gets what the table holds, which nobody has to remember: it is asked. */
  async #lastWord(firewall: Firewall): Promise<void> {
    const isStopping = this.#signal?.aborted === true;
    const isUnfinished = isStopping && this.#file.exists && this.#isUnfinished;
    this.#isUnfinished = false;
    if (!this.#file.isStale && !isUnfinished) return;
    const signal = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
    const save = async (through: Firewall): Promise<void> => {
      const { held } = readTable((await through.ask('show', signal)).entries);
      await this.#replace(through, held.keys(), signal);
    };
    if (!firewall.error) return save(firewall);
    // We come back to a lost connection, and look at the file then: nothing is lost by it.
    if (!isStopping) return;
    // A command that was aborted has cost the connection.
    const fresh = await Firewall.connect(this.#settings, this.#clock, signal);
    await save(fresh).finally(() => {
      fresh.close();
    });
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
    this.#room.forget();
    this.#outlook.forget();
    this.#opening = undefined;
    this.#file.forget();
    this.#wholeIsDue = false;
  }

  /** Takes what was seen. True when a list of so many entries has to be chosen anew: pf's room for it is another. */
  #note(report: Report, held = 0): boolean {
    this.#outlook.note(report);
    const isRoomNews = this.#room.note(report, held);
    if (this.#outlook.table) this.#drops.note(report, this.#outlook.table);
    return isRoomNews;
  }

  /** A small change as such, a large one by the whole list. Where pf has not room for both, what leaves goes first. */
  async #write(
    firewall: Firewall,
    add: readonly Network[],
    gone: readonly HeldLine[],
    held: Held<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const changed = add.length + gone.length;
    const { report } = this.#outlook;
    const asWhole = this.#wholeIsDue || changed > WHOLE_SHARE * held.size || this.#file.isOver(this.#room.most);
    const first = !asWhole || (report !== undefined && isTight(report, this.#settings, held.size, add.length));
    this.#isUnfinished = changed > 0;
    if (changed > 0 && first) {
      await firewall.change(renderDelta(add, gone.map(textOf)), signal);
      this.#file.tableChanged();
    }
    if (asWhole) await this.#replace(firewall, listAfter(held.keys(), add, gone), signal);
    this.#isUnfinished = false;
  }

  async #replace(firewall: Firewall, networks: Iterable<Network>, signal: AbortSignal): Promise<void> {
    const list = renderList(networks);
    const trouble = await firewall.replace(list, signal);
    this.#wholeIsDue = false;
    if (trouble === undefined) this.#file.saved(list);
    else this.#noteTrouble(trouble);
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
