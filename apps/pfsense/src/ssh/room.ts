import type { Capabilities } from '@bouncer/target';
import type { HelperOptions } from './helper.ts';
import type { Report } from './report.ts';

/** How many entries pf has room for in our table; Infinity where it does not say. */
export interface PfRoom {
  /** Until the filter is loaded anew. */
  readonly now: number;
  /** So that the next filter reload goes well: it builds every table that has a file or a list beside the live one. */
  readonly atReload: number;
}

/** Room that grows by less than this share is not worth choosing the list anew: other tables breathe all the time. */
const WORTH_GROWING = 1.02;

/** The room that pf's own limits leave beside the other tables. */
export function roomOf({ tables, tableEntries, maxcount }: Report, { alias, file }: HelperOptions): PfRoom {
  if (tableEntries === undefined) return { now: Infinity, atReload: Infinity };
  const others = othersOf({ tables }, alias);
  const inOneRequest = (count: number): number => Math.max(0, Math.min(count, maxcount ?? Infinity));
  return {
    now: inOneRequest(tableEntries - others),
    atReload: inOneRequest(file ? Math.floor(tableEntries / 2) - others : tableEntries - 2 * others),
  };
}

/** Entries in all tables but ours. */
export function othersOf({ tables }: Pick<Report, 'tables'>, alias: string): number {
  let others = 0;
  for (const table of tables.values()) if (table.name !== alias) others += table.addresses;
  return others;
}

/**
 * Most entries that our list may have. Where the other tables alone leave a reload no room, ours does not make it worse:
 * then what there is now counts, and it is told.
 */
export function mostEntries({ now, atReload }: PfRoom): number {
  return atReload > 0 ? Math.min(now, atReload) : now;
}

/** The room of a running connector: it shrinks at once, and grows when that is worth a change of the list. */
export class Room {
  readonly #options: HelperOptions;
  #most = Infinity;

  constructor(options: HelperOptions) {
    this.#options = options;
  }

  /** Most entries that the list may have. */
  get most(): number {
    return this.#most;
  }

  /** What a table can take; its room is asked for whenever it matters. */
  capabilities(): Capabilities {
    const most = (): number => this.#most;
    return {
      ...{ families: [4, 6], ranges: true, expires: false },
      get room() {
        return most();
      },
    };
  }

  /** Takes what was seen. True when a list of `held` entries has to be chosen anew: it is too long, or was cut and may grow. */
  note(report: Report, held: number): boolean {
    const before = this.#most;
    const seen = mostEntries(roomOf(report, this.#options));
    if (seen < before || seen > before * WORTH_GROWING) this.#most = seen;
    return held > this.#most || (this.#most > before && held >= before);
  }

  /** After a new connection nothing that was seen before counts. */
  forget(): void {
    this.#most = Infinity;
  }
}

/** True when pf cannot take so many new entries before the old ones have left. */
export function isTight(report: Report, { alias }: HelperOptions, held: number, added: number): boolean {
  const { tableEntries = Infinity } = report;
  return othersOf(report, alias) + held + added > tableEntries;
}
