import path from 'node:path';
import type { AppsecCounts, Concern } from '@bouncer/target';
import type { Clock } from '@bouncer/stream';
import { readStatus } from './read-status.ts';
import type { NginxStatus } from './read-status.ts';
import { appsecConcern, clientsConcern, listConcern, listMark, silenceConcern } from './status-steps.ts';

const LOOK_INTERVAL_MS = 15_000;
/** A list that was just written is another one for a second or two, and a reload is no silence. */
const TIMEOUT_MS = 5_000;

export interface StatusWatchOptions {
  /** Where NGINX tells of itself. */
  readonly url: string;
  /** The folder that is written to. */
  readonly folder: string;
  readonly clock: Clock;
  readonly read?: (url: string, signal: AbortSignal) => Promise<NginxStatus>;
}

/** Asks NGINX now and then whether it has the list and sees its clients, for as long as the connector runs. */
export class StatusWatch {
  readonly #options: StatusWatchOptions;
  #concerns: readonly Concern[] = [];
  #appsec: AppsecCounts | undefined;

  constructor(options: StatusWatchOptions) {
    this.#options = options;
  }

  /** As last seen. */
  get concerns(): readonly Concern[] {
    return this.#concerns;
  }

  /** Until aborted, which is its one way to reject. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const before = this.#appsec;
      let found = await this.#look(before, signal);
      if (found.length > 0) {
        await clock.sleep(TIMEOUT_MS, signal);
        found = await this.#look(before, signal);
      }
      this.#concerns = found;
      await clock.sleep(LOOK_INTERVAL_MS, signal);
    }
  }

  async #look(before: AppsecCounts | undefined, signal: AbortSignal): Promise<readonly Concern[]> {
    const { url, folder, read = readStatus } = this.#options;
    try {
      const status = await read(url, signal);
      const mark = listMark(path.resolve(folder));
      this.#appsec = status.appsec;
      const appsec = before && appsecConcern(before, status);
      return [listConcern(status, mark), clientsConcern(status), appsec].filter((one) => one !== undefined);
    } catch (error) {
      signal.throwIfAborted();
      return [silenceConcern(error)];
    }
  }
}
