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

/** How a comma list of ids is worked through. */
export interface BatchRules {
  readonly partialBatch: PartialBatch;
  readonly random: () => number;
}

/**
 * Does `work` for every id. When one is missing, for those before it or for none, by the rules; then throws `no such item`.
 * Answers how many rows were worked on.
 */
export function workOnEach<Row>(
  ids: readonly string[],
  find: (id: string) => Row | undefined,
  rules: BatchRules,
  work: (row: Row) => void,
): number {
  const missing = ids.findIndex((id) => !find(id));
  const before = rules.partialBatch === 'random' ? rules.random() < 0.5 : rules.partialBatch === 'before';
  const reachable = missing < 0 ? ids : before ? ids.slice(0, missing) : [];
  for (const id of reachable) {
    const row = find(id);
    // The same id twice in one list: gone by the second time when the work was to remove it.
    if (!row) throw traps.noSuchItem();
    work(row);
  }
  if (missing >= 0) throw traps.noSuchItem();
  return ids.length;
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
  walk(): Iterable<Row> {
    return walkTo(this.#rows, this.#last);
  }
}

function* walkTo<Row extends Numbered>(rows: ReadonlyMap<number, Row>, last: number): Generator<Row> {
  for (const row of rows.values()) {
    if (row.number > last) return;
    yield row;
  }
}
