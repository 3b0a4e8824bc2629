import { traitsOf } from './generation.ts';
import type { LapiGeneration } from './generation.ts';

/** One row of `cscli bouncers list`. Times are milliseconds of the stand-in's own time. */
export interface Bouncer {
  readonly name: string;
  /** Absent for one that came with a client certificate. */
  readonly key?: string;
  /** Source address of the last request; empty before the first. */
  address: string;
  /** User-Agent before the slash. */
  type: string;
  /** User-Agent behind the slash; `N/A` when it is not exactly two parts. */
  version: string;
  readonly autoCreated: boolean;
  lastPull?: number;
}

/** The bouncers table: who may pull, and since when each has to be told. */
export class BouncerRegistry {
  readonly #generation: LapiGeneration;
  readonly #stamp: () => number;
  readonly #rows: Bouncer[] = [];

  constructor(generation: LapiGeneration, stamp: () => number) {
    this.#generation = generation;
    this.#stamp = stamp;
  }

  /** Registers a bouncer, as `cscli bouncers add NAME -k KEY`. */
  add(name: string, key: string): void {
    this.#create(name, '', key, false);
  }

  /** Takes a bouncer and what was made of it out; its next request is refused. */
  delete(name: string): void {
    const keep = this.#rows.filter((row) => row.name !== name && !row.name.startsWith(`${name}@`));
    this.#rows.splice(0, this.#rows.length, ...keep);
  }

  /** All bouncers, oldest first. */
  list(): readonly Readonly<Bouncer>[] {
    return this.#rows;
  }

  /** The row that a request with this key from this address counts for; undefined when the key is unknown. */
  authenticate(key: string, address: string, userAgent: string, isHead = false): Bouncer | undefined {
    const rows = this.#rows.filter((row) => row.key === key);
    const base = rows[0];
    if (!base || (isHead && traitsOf(this.#generation).headIsNobody)) return base;
    let row = base;
    if (traitsOf(this.#generation).rowPerAddress) {
      row =
        rows.find((other) => other.address === address) ??
        (rows.length === 1 && base.address === '' ? base : undefined) ??
        this.#create(`${base.name}@${address}`, address, key, true);
    }
    return touch(row, address, userAgent);
  }

  /** The row of a client certificate; made at its first request. */
  authenticateCertificate(commonName: string, address: string, userAgent: string): Bouncer {
    const name = `${commonName}@${address}`;
    const row = this.#rows.find((other) => other.name === name) ?? this.#create(name, address, undefined, true);
    return touch(row, address, userAgent);
  }

  #create(name: string, address: string, key: string | undefined, autoCreated: boolean): Bouncer {
    if (this.#rows.some((row) => row.name === name)) throw new RangeError(`bouncer ${name} is there already`);
    const row: Bouncer = { name, ...(key !== undefined && { key }), address, type: '', version: '', autoCreated };
    if (!traitsOf(this.#generation).startsWithoutLastPull) row.lastPull = this.#stamp();
    this.#rows.push(row);
    return row;
  }
}

/** LAPI takes a User-Agent of exactly two parts as type and version; anything else is all type. */
function touch(row: Bouncer, address: string, userAgent: string): Bouncer {
  const parts = userAgent.split('/');
  row.address = address;
  row.type = parts.length === 2 ? (parts[0] ?? '') : userAgent;
  row.version = parts.length === 2 ? (parts[1] ?? '') : 'N/A';
  return row;
}
