import type { Entry, Network } from '@bouncer/stream';
import { hintOf, messageOf } from '@bouncer/stream';
import { OutputFolder } from './output-folder.ts';
import { runShellCommand } from './shell-command.ts';
import type { ApplyReport, Capabilities, Changes, CheckStep, Current, HeldEntry, Target } from './target.ts';

/** One file of a rendering. */
export interface RenderedFile {
  /** Relative to the output folder, no sub-folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** True when its reader has to be tested and reloaded for a change of it to count. */
  readonly reload?: boolean;
  /** Permissions of a file that must not be read by everybody; 0o644 otherwise. */
  readonly mode?: number;
}

/** Turns entries into files and back. Pure: the same entries give the same bytes, whatever the time. */
export interface Renderer {
  readonly capabilities: Capabilities;
  /** All files, in the order in which they are written. */
  render(entries: ReadonlyMap<Network, Entry>): readonly RenderedFile[];
  /** The entries that files of an earlier run hold; `read` gives the bytes of a file, undefined when it is not there. */
  recover(read: (path: string) => Buffer | undefined): Iterable<Entry>;
  setup(): string;
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
    this.#entries = this.#recover();
    const held = new Map([...this.#entries.values()].map((entry) => [entry.network, this.#toHeld(entry)]));
    const files = this.#options.renderer.render(this.#entries);
    const outdated = files.some((file) => !this.#isSame(file)) || this.#reloadIsDue;
    if (!outdated) this.#remember(files);
    return { held, surplus: [], outdated };
  }

  async apply(changes: Changes, report: ApplyReport, signal: AbortSignal): Promise<void> {
    const next = new Map(this.#entries);
    const written = [...changes.create, ...changes.update.map((update) => update.entry)];
    // A copy: entries of the set are live objects.
    for (const entry of written) next.set(entry.network, { ...entry });
    for (const held of changes.delete) next.delete(held.network);
    await this.#write(this.#options.renderer.render(next), signal);
    this.#entries = next;
    for (const entry of written) report.written(this.#toHeld(entry));
    for (const held of changes.delete) report.removed(held);
  }

  async verify(_held: ReadonlyMap<Network, HeldEntry>, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    await Promise.resolve();
    return !this.#reloadIsDue && [...this.#stamps].every(([path, stamp]) => this.#folder.stamp(path) === stamp);
  }

  async *check(signal: AbortSignal): AsyncIterable<CheckStep> {
    const { renderer, folder } = this.#options;
    try {
      this.#folder.assertWritable();
      yield { ok: true, step: 'folder', seen: `${folder} can be written` };
      const entries = this.#recover();
      const missing = renderer.render(entries).filter(({ path }) => this.#folder.stamp(path) === undefined);
      const names = missing.map(({ path }) => path).join(', ');
      const fix = 'start the connector (`run` or `sync`): it writes the files';
      if (missing.length > 0) yield { ok: false, step: 'files', seen: `not in ${folder}: ${names}`, fix };
      else yield { ok: true, step: 'files', seen: `all in place, ${entries.size} entries` };
    } catch (error) {
      yield { ok: false, step: 'folder', seen: messageOf(error), fix: hintOf(error) };
    }
    if (renderer.check) yield* renderer.check(signal);
  }

  setup(): string {
    return this.#options.renderer.setup();
  }

  async close(): Promise<void> {
    // Nothing is open; the files stay.
  }

  #recover(): Map<Network, Entry> {
    const entries = this.#options.renderer.recover((path) => this.#folder.read(path));
    return new Map([...entries].map((entry) => [entry.network, entry]));
  }

  async #write(files: readonly RenderedFile[], signal: AbortSignal): Promise<void> {
    const before = new Map<string, Buffer | undefined>();
    const changed = files.filter((file) => !this.#isSame(file));
    this.#reloadIsDue ||= changed.some((file) => file.reload === true);
    for (const file of changed) {
      signal.throwIfAborted();
      if (file.reload === true) before.set(file.path, this.#folder.read(file.path));
      await this.#folder.replace(file.path, file.bytes, file.mode);
    }
    if (this.#reloadIsDue) await this.#testAndReload(files, before, signal);
    this.#remember(files);
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
    this.#reloadIsDue = false;
  }

  #isSame(file: RenderedFile): boolean {
    return this.#folder.read(file.path)?.equals(file.bytes) ?? false;
  }

  #remember(files: readonly RenderedFile[]): void {
    for (const { path } of files) this.#stamps.set(path, this.#folder.stamp(path) ?? '');
  }

  /** A reader that does not look at ends holds an entry until it is taken out of the files. */
  #toHeld({ network, expiresAt }: Entry): HeldEntry {
    return { network, expiresAt: this.capabilities.expires ? expiresAt : Infinity };
  }
}
