import type { Clock, Entry, Network } from '@bouncer/stream';
import { hintOf, instantNow, messageOf } from '@bouncer/stream';
import { OutputFolder } from './output-folder.ts';
import { runShellCommand } from './shell-command.ts';
import { errorStep, failed, passed, type CheckStep } from '../check-step.ts';
import type { ApplyReport, Capabilities, Changes, Current, DropCounters, HeldEntry, Target } from '../target.ts';

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
  /** All files, in the order in which they are written. Their bytes are valid until the next call. */
  render(entries: ReadonlyMap<Network, Entry>): readonly RenderedFile[];
  /** The entries that files of an earlier run hold; `read` gives the bytes of a file, undefined when it is not there. */
  recover(read: (path: string) => Buffer | undefined): Iterable<Entry>;
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

/** What `list` of a FileTarget says beside what is held. */
export interface FileCurrent extends Current {
  /** True when files are missing or would come out differently, even if every entry is right: apply, be the changes empty. */
  readonly outdated: boolean;
}

/** A renderer made a Target: files are replaced atomically, unchanged ones are not written, bad ones are taken back. */
export class FileTarget implements Target {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly #options: FileTargetOptions;
  readonly #folder: OutputFolder;
  #entries = new Map<Network, Entry>();
  readonly #stamps = new Map<string, string>();
  #reloadIsDue = false;
  #reloadedAt = -Infinity;
  #purged: PurgedFiles | undefined;

  constructor(options: FileTargetOptions) {
    this.name = options.name;
    this.capabilities = options.renderer.capabilities;
    this.#options = options;
    this.#folder = new OutputFolder(options.folder, options.folderVariable);
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await Promise.resolve();
    this.#folder.assertWritable();
  }

  async list(signal: AbortSignal): Promise<FileCurrent> {
    signal.throwIfAborted();
    await Promise.resolve();
    // Files that nobody has touched hold what was written: no need to read 100,000 entries again every 45 s.
    const isKnown = this.#stamps.size > 0 && this.#isUntouched();
    if (!isKnown) this.#entries = this.#recover();
    const held = new Map<Network, HeldEntry>();
    for (const entry of this.#entries.values()) held.set(entry.network, this.#toHeld(entry));
    for (const network of this.#lapsed()) held.delete(network);
    if (isKnown) return { held, surplus: [], outdated: this.#reloadIsDue || this.#isStale() };
    const files = this.#options.renderer.render(this.#entries);
    const outdated = files.some((file) => !this.#isSame(file)) || this.#reloadIsDue;
    if (!outdated) this.#remember(files);
    return { held, surplus: [], outdated };
  }

  async apply(changes: Changes, report: ApplyReport, signal: AbortSignal): Promise<void> {
    const written = changes.create.map((entry) => this.#copyOf(entry));
    for (const { entry } of changes.update) written.push(this.#copyOf(entry));
    // In place, and back when it fails: a copy of 100,000 entries for every single ban is what a small machine feels.
    const before = new Map<Network, Entry>();
    const keep = (network: Network): void => {
      const entry = this.#entries.get(network);
      if (entry && !before.has(network)) before.set(network, entry);
    };
    const gone = [...this.#lapsed(), ...changes.delete.map(({ network }) => network)];
    for (const network of gone) keep(network);
    if (this.#entries.size > 0) for (const { network } of written) keep(network);
    for (const network of gone) this.#entries.delete(network);
    for (const entry of written) this.#entries.set(entry.network, entry);
    try {
      if (this.#purged) await this.#writePurged(this.#purged, signal);
      else await this.#write(this.#options.renderer.render(this.#entries), signal);
    } catch (error) {
      for (const { network } of written) this.#entries.delete(network);
      for (const [network, entry] of before) this.#entries.set(network, entry);
      throw error;
    }
    for (const entry of written) report.written(this.#toHeld(entry));
    for (const held of changes.delete) report.removed(held);
  }

  async verify(_held: ReadonlyMap<Network, HeldEntry>, signal: AbortSignal): Promise<boolean> {
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
      const missing = renderer.render(entries).filter(({ path }) => this.#folder.stamp(path) === undefined);
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

  /** The copy itself where it will do: 100,000 more objects are 4 MB. */
  #toHeld(entry: Entry): HeldEntry {
    return this.capabilities.expires ? entry : { network: entry.network, expiresAt: Infinity };
  }

  /** Entries of the set are live objects, and most of their fields are getters that a spread would leave behind. */
  #copyOf({ network, expiresAt, origin, scenario, type }: Entry): Entry {
    const copy = { network, expiresAt, origin, scenario };
    return this.capabilities.types === true ? { ...copy, type: type ?? 'ban' } : copy;
  }

  #lapsed(): Network[] {
    const { clock } = this.#options;
    if (!clock || !this.capabilities.expires) return [];
    const now = instantNow(clock);
    const lapsed: Network[] = [];
    for (const { network, expiresAt } of this.#entries.values()) if (expiresAt <= now) lapsed.push(network);
    return lapsed;
  }

  #recover(): Map<Network, Entry> {
    const entries = new Map<Network, Entry>();
    // One by one: 100,000 of them in an array of pairs would be 15 MB for a moment.
    for (const entry of this.#options.renderer.recover((path) => this.#folder.read(path))) {
      entries.set(entry.network, entry);
    }
    return entries;
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
