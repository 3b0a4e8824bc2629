import { statSync } from 'node:fs';
import path from 'node:path';
import type { Logger, OutputFolder } from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';
import type { Clock, ProtectedSpace } from '@bouncer/stream';
import { printSnapshot, readSnapshot } from './snapshot-text.ts';
import type { Kept } from './snapshot-text.ts';

/** From one write to the next, in milliseconds: a fresh ban is kept soon, and 100,000 of them wear no card out. */
const MIN_PAUSE_MS = 2000;
const PAUSE_PER_ENTRY_MS = 0.3;
/** Larger than a list of 1,500,000; what is larger is not ours. Bytes. */
const MAX_BYTES = 64 << 20;

export interface SnapshotOptions {
  readonly folder: OutputFolder;
  /** Name of the file in it. */
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** What must never be blocked by now, whatever was blocked when it was written. */
  readonly protectedSpace: ProtectedSpace;
}

/** The list in a file, so that a restart while LAPI is away forgets nothing. */
export class Snapshot {
  readonly #options: SnapshotOptions;
  #signal: AbortSignal | undefined;
  #entries: () => Iterable<Kept> = () => [];
  #isDirty = false;
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(options: SnapshotOptions) {
    this.#options = options;
  }

  /** What an earlier run has left and still blocks; undefined when there is nothing that can be read. Never throws. */
  load(): readonly Kept[] | undefined {
    const { folder, file, clock, log, protectedSpace } = this.#options;
    try {
      const stat = statSync(path.join(folder.folder, file), { throwIfNoEntry: false });
      if (stat === undefined) return undefined;
      const bytes = stat.isFile() && stat.size <= MAX_BYTES ? folder.read(file) : undefined;
      if (bytes === undefined) throw new Error('it was not written by the connector');
      const { entries, damaged } = readSnapshot(bytes, clock);
      if (damaged > 0)
        log.warn({ file, damaged, read: entries.length }, 'the kept list is damaged: some bans are lost');
      if (damaged > 0 && entries.length === 0) return undefined;
      return entries.flatMap((entry) =>
        protectedSpace.shield(entry.network).kept.map((network) => ({ ...entry, network })),
      );
    } catch (error) {
      log.warn({ file, error: messageOf(error) }, 'the kept list cannot be read: bans count again once LAPI answers');
      return undefined;
    }
  }

  /** From now on changes are written, until the signal is aborted. */
  start(entries: () => Iterable<Kept>, signal: AbortSignal): void {
    this.#entries = entries;
    this.#signal = signal;
  }

  /** The list has changed. */
  touch(): void {
    if (this.#signal === undefined) return;
    this.#isDirty = true;
    this.#writing ??= this.#work(this.#signal).finally(() => (this.#writing = undefined));
  }

  /** Writes what is not written yet. Never throws. */
  async flush(): Promise<void> {
    if (this.#signal?.aborted !== true) return;
    await this.#writing;
    if (this.#isDirty) await this.#write();
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (this.#isDirty && !signal.aborted) {
      const count = await this.#write();
      await this.#options.clock
        .sleep(Math.max(MIN_PAUSE_MS, count * PAUSE_PER_ENTRY_MS), signal)
        .catch(() => undefined);
    }
  }

  async #write(): Promise<number> {
    const { folder, file, clock, log } = this.#options;
    this.#isDirty = false;
    const bytes = printSnapshot(this.#entries(), clock);
    try {
      await folder.replace(file, bytes, 0o600);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) {
        const fields = { file, error: messageOf(error), hint: hintOf(error) };
        log.warn(fields, 'the list cannot be kept: a restart while LAPI is away would forget what is blocked');
      }
      this.#hasFailed = true;
      this.#isDirty = true;
    }
    return Math.floor(bytes.length / 25);
  }
}
