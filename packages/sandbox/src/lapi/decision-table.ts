import type { Clock } from '@bouncer/stream';

/** A decision to put in: what `cscli decisions add` or an import would give. */
export interface DecisionInput {
  /** Any text; LAPI stores what it is given. */
  readonly value: string;
  /** Seconds from now until its end. Negative: it is over already. Default 4 hours. */
  readonly duration?: number;
  /** Default `cscli`. */
  readonly origin?: string;
  /** For origin `lists` the list's name. Default `manual 'ban' from 'sandbox'`. */
  readonly scenario?: string;
  /** Default `ban`. */
  readonly type?: string;
  /** Default `Range` for a value with a slash, else `Ip`. */
  readonly scope?: string;
  readonly simulated?: boolean;
  /** Default: the next free number. */
  readonly id?: number;
  /** Seconds by which created_at lies in the past: a row that was committed after a pull that began later. */
  readonly createdAgo?: number;
}

/** A stored decision. Times are milliseconds of the stand-in's own time (`stamp`). */
export interface DecisionRow {
  readonly id: number;
  readonly value: string;
  readonly scope: string;
  readonly type: string;
  readonly origin: string;
  readonly scenario: string;
  readonly simulated: boolean;
  readonly createdAt: number;
  until: number;
}

/** Which rows: an id, a value, or all rows that have these fields. */
export type DecisionSelector =
  | number
  | string
  | { readonly value?: string; readonly type?: string; readonly origin?: string; readonly scope?: string };

/**
 * The decisions table, expired rows included, with LAPI's own idea of which row of the same scope, type and value
 * counts: the one that ends last, be it over or not.
 */
export class DecisionTable {
  readonly #clock: Clock;
  readonly #rows = new Map<number, DecisionRow>();
  readonly #byValue = new Map<string, DecisionRow[]>();
  #lastStamp = 0;
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The time now, never the same twice: two things that happen in one millisecond keep their order, as they do on a
   * server that counts nanoseconds.
   */
  stamp(): number {
    this.#lastStamp = Math.max(this.#clock.wall(), this.#lastStamp + 0.001);
    return this.#lastStamp;
  }

  /** Adds one decision. */
  add(input: DecisionInput): DecisionRow {
    return this.#insert(input, this.stamp());
  }

  /** Adds many in one transaction: all carry the same created_at. */
  addMany(inputs: Iterable<DecisionInput>): DecisionRow[] {
    const createdAt = this.stamp();
    return Array.from(inputs, (input) => this.#insert(input, createdAt));
  }

  /** Ends the live rows selected, as `cscli decisions delete` does; the next delta names them. Returns how many. */
  delete(selector: DecisionSelector): number {
    const now = this.stamp();
    let count = 0;
    for (const row of this.#select(selector)) {
      if (row.until <= now) continue;
      row.until = now;
      count += 1;
    }
    return count;
  }

  /** Takes rows out for good, live ones too, as LAPI's flush job does: no delta ever names them. Returns how many. */
  forget(selector: DecisionSelector): number {
    const rows = [...this.#select(selector)];
    for (const row of rows) this.#drop(row);
    return rows.length;
  }

  /** The flush job on rows that are over. */
  flush(): void {
    const now = this.stamp();
    for (const row of [...this.#rows.values()]) if (row.until <= now) this.#drop(row);
  }

  /** Every row, over or not, in order of id. */
  rows(): IterableIterator<DecisionRow> {
    return this.#rows.values();
  }

  /** Rows that are alive now. */
  active(): DecisionRow[] {
    const now = this.stamp();
    return [...this.#rows.values()].filter((row) => row.until > now);
  }

  /** LAPI's dedup join: no row of the same scope, type and value ends later. It knows no filters. */
  isLongest(row: DecisionRow): boolean {
    const others = this.#byValue.get(row.value) ?? [];
    return others.every((other) => other.until <= row.until || other.type !== row.type || other.scope !== row.scope);
  }

  *#select(selector: DecisionSelector): IterableIterator<DecisionRow> {
    if (typeof selector === 'number') {
      const row = this.#rows.get(selector);
      if (row) yield row;
      return;
    }
    const wanted = typeof selector === 'string' ? { value: selector } : selector;
    const rows = wanted.value === undefined ? this.#rows.values() : (this.#byValue.get(wanted.value) ?? []);
    for (const row of rows) {
      if (wanted.type !== undefined && wanted.type !== row.type) continue;
      if (wanted.origin !== undefined && wanted.origin !== row.origin) continue;
      if (wanted.scope !== undefined && wanted.scope !== row.scope) continue;
      yield row;
    }
  }

  #insert(input: DecisionInput, now: number): DecisionRow {
    const id = input.id ?? this.#lastId + 1;
    if (this.#rows.has(id)) throw new RangeError(`decision ${id} is there already`);
    this.#lastId = Math.max(this.#lastId, id);
    const type = input.type ?? 'ban';
    const row: DecisionRow = {
      id,
      value: input.value,
      scope: input.scope ?? (input.value.includes('/') ? 'Range' : 'Ip'),
      type,
      origin: input.origin ?? 'cscli',
      scenario: input.scenario ?? `manual '${type}' from 'sandbox'`,
      simulated: input.simulated ?? false,
      createdAt: now - (input.createdAgo ?? 0) * 1000,
      until: this.#clock.wall() + (input.duration ?? 4 * 3600) * 1000,
    };
    this.#rows.set(id, row);
    const others = this.#byValue.get(row.value);
    if (others) others.push(row);
    else this.#byValue.set(row.value, [row]);
    return row;
  }

  #drop(row: DecisionRow): void {
    this.#rows.delete(row.id);
    const rest = this.#byValue.get(row.value)?.filter((other) => other !== row) ?? [];
    if (rest.length > 0) this.#byValue.set(row.value, rest);
    else this.#byValue.delete(row.value);
  }
}
