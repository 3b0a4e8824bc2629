import type { Clock, Entry, Network } from '@bouncer/stream';
import { instantNow } from '@bouncer/stream';
import { listedAfter, listedOf } from './listed.ts';
import type { Listed } from './listed.ts';
import { OriginLabels } from './origin-labels.ts';
import { OutputFolder } from './output-folder.ts';
import { runShellCommand } from '../programs/shell-command.ts';
import { errorStep, failed, passed, type CheckStep } from '../doctor/check-step.ts';
import type { ApplyReport, Capabilities, Changes, Current, DropCounters, Held, HeldEntry, Target } from '../target.ts';

/** One file of a rendering. */
export interface RenderedFile {
  /** Relative to the output folder, no sub-folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** True when its reader has to be tested and reloaded for a change of it to count. */
  readonly reload?: boolean;
  /** Permissions; default 0o644. A file with a secret takes 0o600. */
  readonly mode?: number;
}

/** What `purge` leaves of a renderer's files. */
export interface PurgedFiles {
  /** In place of files that a configuration may still name: valid by themselves, no secret. Never made where none is. */
  readonly files: readonly RenderedFile[];
  /** Paths of the others, which go. */
  readonly remove: readonly string[];
  /** What is left to do by hand, in lines for people. */
  readonly note: string;
}

/** Turns entries into files and back. Pure: the same entries give the same bytes, whatever the time. */
export interface Renderer {
  readonly capabilities: Capabilities;
  /** See Target. */
  readonly enforcesElsewhere?: boolean;
  /** All files, in the order in which they are written. Their bytes are valid until the next call. */
  render(entries: Listed): readonly RenderedFile[];
  /** The entries, with the labels of their origins, that files of an earlier run hold; `read` gives the bytes of a file, undefined when it is not there. */
  recover(read: (path: string) => Buffer | undefined): Iterable<HeldEntry>;
  /** True when the same entries would come out differently by now: the wall clock was set, and files hold wall-clock ends. */
  isStale?(): boolean;
  setup(): string;
  /** Without it, purge leaves the files of an empty list. */
  purged?(): PurgedFiles;
  /** More lines for the doctor, after those about the folder and its files. */
  check?(signal: AbortSignal): AsyncIterable<CheckStep>;
}

/** A command of the user's and the variable that it came from. */
export interface UserCommand {
  readonly variable: string;
  readonly command: string;
}

export interface FileTargetOptions {
  readonly name: string;
  readonly renderer: Renderer;
  readonly folder: string;
  /** The variable that names the folder: `NGINX_OUTPUT_DIR`. */
  readonly folderVariable: string;
  readonly test?: UserCommand | undefined;
  readonly reload?: UserCommand | undefined;
  /** Given when the readers of the files drop entries at their end by themselves: then lapsed ones are left out. */
  readonly clock?: Clock;
  /** Seconds between two reloads, when a reload is costly: a change waits for its time. Needs the clock. */
  readonly reloadInterval?: number;
  /** What the readers of the files have dropped, where they count. */
  readonly counters?: ((signal: AbortSignal) => Promise<readonly DropCounters[]>) | undefined;
}

/** A renderer made a Target: files are replaced atomically, unchanged ones are not written, bad ones are taken back. */
export class FileTarget implements Target {
  readonly name: string;
  readonly enforcesElsewhere: boolean;
  readonly #options: FileTargetOptions;
  readonly #folder: OutputFolder;
  readonly #labels = new OriginLabels();
  readonly #stamps = new Map<string, string>();
  #reloadIsDue = false;
  #reloadedAt = -Infinity;
  #purged: PurgedFiles | undefined;

  constructor(options: FileTargetOptions) {
    this.name = options.name;
    this.enforcesElsewhere = options.renderer.enforcesElsewhere === true;
    this.#options = options;
    this.#folder = new OutputFolder(options.folder, options.folderVariable);
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    signal.throwIfAborted();
    await Promise.resolve();
    this.#folder.assertWritable();
    return this.#options.renderer.capabilities;
  }

  async list(signal: AbortSignal, known?: Held): Promise<Current> {
    signal.throwIfAborted();
    await Promise.resolve();
    // Files that nobody has touched hold what was written: no need to read 100,000 entries again every 45 s.
    const isUntouched = this.#stamps.size > 0 && this.#isUntouched();
    if (known && isUntouched) {
      const held = new Map(known);
      for (const network of this.#lapsed(held)) held.delete(network);
      return { held, strays: [], needsApply: this.#reloadIsDue || this.#isStale() };
    }
    const held = this.#recover();
    const files = this.#options.renderer.render(listedOf(held));
    // What is missing or would come out differently has to be written, be every entry right.
    const needsApply = files.some((file) => !this.#isSame(file)) || this.#reloadIsDue;
    if (!needsApply) this.#remember(files);
    for (const network of this.#lapsed(held)) held.delete(network);
    return { held, strays: [], needsApply };
  }

  async apply(changes: Changes, held: Held, report: ApplyReport, signal: AbortSignal): Promise<void> {
    const written = new Map<Network, HeldEntry>();
    for (const entry of changes.create) written.set(entry.network, this.#toHeld(entry));
    for (const { entry } of changes.update) written.set(entry.network, this.#toHeld(entry));
    const gone = new Set(this.#lapsed(held));
    for (const { network } of changes.delete) gone.add(network);
    if (this.#purged) await this.#writePurged(this.#purged, signal);
    else await this.#write(this.#options.renderer.render(listedAfter(held, written, gone)), signal);
    for (const entry of written.values()) report.written(entry);
    for (const entry of changes.delete) report.removed(entry);
  }

  async verify(_held: Held, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    await Promise.resolve();
    return !this.#reloadIsDue && !this.#isStale() && this.#isUntouched();
  }

  async *check(signal: AbortSignal): AsyncIterable<CheckStep> {
    const { renderer, folder } = this.#options;
    try {
      this.#folder.assertWritable();
      yield passed('folder', `${folder} can be written`);
      const entries = this.#recover();
      const missing = renderer.render(listedOf(entries)).filter(({ path }) => this.#folder.stamp(path) === undefined);
      const names = missing.map(({ path }) => path).join(', ');
      const fix = 'start the connector (`run` or `sync`): it writes the files';
      if (missing.length > 0) yield failed('files', `not in ${folder}: ${names}`, fix);
      else yield passed('files', `all in place, ${entries.size} entries`);
    } catch (error) {
      yield errorStep('folder', error);
    }
    if (renderer.check) yield* renderer.check(signal);
  }

  async counters(signal: AbortSignal): Promise<readonly DropCounters[]> {
    return (await this.#options.counters?.(signal)) ?? [];
  }

  setup(): string {
    return this.#options.renderer.setup();
  }

  /** From here on, an apply leaves only what a configuration needs to stay valid. */
  async purge(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await Promise.resolve();
    this.#purged = this.#options.renderer.purged?.();
  }

  leftAfterPurge(): string {
    return this.#purged?.note ?? '';
  }

  async close(): Promise<void> {
    // Nothing is open; the files stay.
  }

  #isUntouched(): boolean {
    return [...this.#stamps].every(([path, stamp]) => this.#folder.stamp(path) === stamp);
  }

  #isStale(): boolean {
    return this.#options.renderer.isStale?.() ?? false;
  }

  /** As it is held from now on: with the label of its origin, which the files carry, and its type where that counts. */
  #toHeld(entry: Entry): HeldEntry {
    const { capabilities } = this.#options.renderer;
    const expiresAt = capabilities.expires ? entry.expiresAt : Infinity;
    const held = { network: entry.network, expiresAt, origin: this.#labels.of(entry) };
    return capabilities.types === true ? { ...held, type: entry.type } : held;
  }

  /** What has come to its end by now. */
  #lapsed(held: Held): Network[] {
    const { clock, renderer } = this.#options;
    if (!clock || !renderer.capabilities.expires) return [];
    const now = instantNow(clock);
    const lapsed: Network[] = [];
    for (const { network, expiresAt } of held.values()) if (expiresAt <= now) lapsed.push(network);
    return lapsed;
  }

  #recover(): Map<Network, HeldEntry> {
    const { renderer } = this.#options;
    const held = new Map<Network, HeldEntry>();
    // One by one: 100,000 of them in an array of pairs would be 15 MB for a moment.
    for (const entry of renderer.recover((path) => this.#folder.read(path))) {
      // A file of another mode may tell ends to which this one's reader does not look.
      const isSame = renderer.capabilities.expires || entry.expiresAt === Infinity;
      held.set(entry.network, isSame ? entry : { ...entry, expiresAt: Infinity });
    }
    return held;
  }

  async #write(files: readonly RenderedFile[], signal: AbortSignal): Promise<void> {
    const before = new Map<string, Buffer | undefined>();
    const changed = files.filter((file) => !this.#isSame(file));
    if (this.#reloadIsDue || changed.some((file) => file.reload === true)) await this.#untilReload(signal);
    this.#reloadIsDue ||= changed.some((file) => file.reload === true);
    for (const file of changed) {
      signal.throwIfAborted();
      if (file.reload === true) before.set(file.path, this.#folder.read(file.path));
      await this.#folder.replace(file.path, file.bytes, file.mode);
    }
    if (this.#reloadIsDue) await this.#testAndReload(files, before, signal);
    this.#remember(files);
  }

  async #writePurged({ files, remove }: PurgedFiles, signal: AbortSignal): Promise<void> {
    const there = files.filter(({ path }) => this.#folder.stamp(path) !== undefined);
    await this.#write(there, signal);
    // Last: what was read until the reload must not be missing.
    for (const path of remove) this.#folder.remove(path);
  }

  async #testAndReload(
    files: readonly RenderedFile[],
    before: ReadonlyMap<string, Buffer | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    const { test, reload } = this.#options;
    try {
      if (test) await runShellCommand(test.variable, test.command, signal);
    } catch (error) {
      // What does not pass must not be there when the proxy restarts by itself. A file that is new has no older form.
      // Files that need no reload stay: the test may fail over something that is not ours, and a ban must not wait for it.
      for (const [path, bytes] of before) {
        const mode = files.find((file) => file.path === path)?.mode;
        if (bytes) await this.#folder.replace(path, bytes, mode);
      }
      throw error;
    }
    if (reload) await runShellCommand(reload.variable, reload.command, signal);
    this.#reloadedAt = this.#options.clock?.now() ?? 0;
    this.#reloadIsDue = false;
  }

  async #untilReload(signal: AbortSignal): Promise<void> {
    const { clock, reloadInterval = 0 } = this.#options;
    const wait = this.#reloadedAt + reloadInterval * 1000 - (clock?.now() ?? 0);
    if (clock && wait > 0) await clock.sleep(wait, signal);
  }

  #isSame(file: RenderedFile): boolean {
    return this.#folder.holds(file.path, file.bytes);
  }

  #remember(files: readonly RenderedFile[]): void {
    for (const { path } of files) this.#stamps.set(path, this.#folder.stamp(path) ?? '');
  }
}
