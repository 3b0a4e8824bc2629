import { messageOf, type Clock } from '@bouncer/stream';
import type { Logger } from '@bouncer/target';
import type { BlockHistory } from './block-history.ts';
import type { RecentChanges } from './recent-changes.ts';
import { readMemory, writeMemory } from './state-file.ts';

/** Between two saves, in milliseconds: an SD card is not worn out by a page. */
const saveMs = 5 * 60_000;

interface KeeperOptions {
  readonly stateFile?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Keeps history and last changes of the page over a restart, where there is a place for them. */
export class PageKeeper {
  readonly #options: KeeperOptions;
  readonly #history: BlockHistory;
  readonly #changes: RecentChanges;
  #savedAt: number;

  private constructor(options: KeeperOptions, history: BlockHistory, changes: RecentChanges) {
    this.#options = options;
    this.#history = history;
    this.#changes = changes;
    this.#savedAt = options.clock.now();
  }

  /** Fills in what an earlier process kept. Never rejects. */
  static async open(options: KeeperOptions, history: BlockHistory, changes: RecentChanges): Promise<PageKeeper> {
    const { stateFile, clock } = options;
    const kept = stateFile === undefined ? undefined : await readMemory(stateFile, clock.wall());
    if (kept) {
      history.restore(kept.history, clock.wall());
      for (const change of kept.changes.toReversed()) changes.add(change);
    }
    return new PageKeeper(options, history, changes);
  }

  /** To be called every few seconds. */
  tick(): void {
    if (this.#options.clock.now() - this.#savedAt >= saveMs) void this.save();
  }

  /** Never rejects: the page is a convenience. */
  async save(): Promise<void> {
    const { stateFile, clock, log } = this.#options;
    if (stateFile === undefined) return;
    this.#savedAt = clock.now();
    try {
      await writeMemory(stateFile, { history: this.#history.toJSON(), changes: this.#changes.list() });
    } catch (error) {
      log.warn({ file: stateFile, error: messageOf(error) }, "the page's history cannot be kept over a restart");
    }
  }
}
