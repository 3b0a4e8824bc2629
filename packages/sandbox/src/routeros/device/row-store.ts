import { traps } from '../protocol/trap.ts';

/** What every row has. */
export interface Numbered {
  readonly number: number;
}

/** What `set` and `remove` did before the first id that is gone: the real behaviour is unknown, so both must be survived. */
export type PartialBatch = 'none' | 'before' | 'random';

/** `*1A`: the internal number in upper-case hex. */
export function printId(number: number): string {
  return `*${number.toString(16).toUpperCase()}`;
}

/** The internal number of `*1A`; undefined when the text is no id. */
export function readId(id: string): number | undefined {
  return /^\*[0-9A-Fa-f]{1,8}$/.test(id) ? Number.parseInt(id.slice(1), 16) : undefined;
}

/** Rows by internal number, in order of creation. */
export class RowStore<Row extends Numbered> {
  readonly #rows = new Map<number, Row>();
  #last = 0;

  get size(): number {
    return this.#rows.size;
  }

  /** A number that no row had since the router started. */
  nextNumber(): number {
    this.#last += 1;
    return this.#last;
  }

  put(row: Row): void {
    this.#rows.set(row.number, row);
  }

  get(number: number): Row | undefined {
    return this.#rows.get(number);
  }

  find(id: string): Row | undefined {
    const number = readId(id);
    return number === undefined ? undefined : this.#rows.get(number);
  }

  delete(number: number): boolean {
    return this.#rows.delete(number);
  }

  /** After a reboot the router counts on from the highest row that is left: old ids may come to mean other rows. */
  restartNumbers(): void {
    this.#last = 0;
    for (const number of this.#rows.keys()) this.#last = Math.max(this.#last, number);
  }

  /** Rows that stand now, in order; those removed while walking are left out, those added meanwhile too. */
  *walk(): Generator<Row> {
    const last = this.#last;
    for (const row of this.#rows.values()) {
      if (row.number > last) return;
      yield row;
    }
  }

  /** Does `work` for every id, or for those before the first missing one, or for none; throws `no such item` when one is missing. */
  each(ids: readonly string[], partial: PartialBatch, random: () => number, work: (row: Row) => void): number {
    const missing = ids.findIndex((id) => !this.find(id));
    const before = partial === 'random' ? random() < 0.5 : partial === 'before';
    const reachable = missing < 0 ? ids : before ? ids.slice(0, missing) : [];
    let done = 0;
    for (const id of reachable) {
      const row = this.find(id);
      if (!row) throw traps.noSuchItem();
      work(row);
      done += 1;
    }
    if (missing >= 0) throw traps.noSuchItem();
    return done;
  }
}
