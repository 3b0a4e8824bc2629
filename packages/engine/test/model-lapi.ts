import { TransientError } from '@bouncer/stream';
import type { Clock, Delta, LapiClient, PullResult, WireDecision } from '@bouncer/stream';

interface Row {
  readonly id: number;
  readonly value: string;
  readonly origin: string;
  readonly type: string;
  /** Monotonic milliseconds. */
  until: number;
}

/** How a pull goes wrong: before LAPI saw it, or after, when what was in it is lost. */
export type PullFault = 'refused' | 'lost';

/** What LAPI had told us, the last time that an answer arrived whole: network to the end of its longest decision. */
export type Told = ReadonlyMap<string, number>;

/** LAPI as one bouncer with `dedup=false` sees it, in memory: at-most-once deltas, deletions of expired rows. */
export class ModelLapi implements LapiClient {
  readonly #clock: Clock;
  readonly #rows: Row[] = [];
  #nextId = 1;
  #lastPull = 0;
  /** The clock stands still between a pull and a ban, so rows are told apart by number, not by time. */
  #firstUntold = 1;
  readonly faults: PullFault[] = [];
  /**
   * The most rows that a full pull gives: a database error in the middle of the answer of a LAPI 1.7.8, whose deltas are
   * empty meanwhile, and whose `GET /v1/decisions` is a 500.
   */
  cutFullAt = Infinity;
  /** `GET /v1/decisions` gives as few rows as the pull: LAPI really has no more. */
  listAgrees = false;
  /** Every so many elements of an answer, one is no decision; 0 for none. */
  oddEvery = 0;
  fullPulls = 0;
  lists = 0;
  told: Told = new Map();
  /** Monotonic milliseconds. */
  toldAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ban(value: string, seconds: number, origin: string, type = 'ban'): void {
    this.#rows.push({ id: this.#nextId++, value, origin, type, until: this.#clock.now() + seconds * 1000 });
  }

  /** Ends the n-th active decision before its time. */
  unban(index: number): void {
    const active = this.#active();
    const row = active[index % Math.max(1, active.length)];
    if (row) row.until = this.#clock.now();
  }

  /** What must be blocked now. */
  blocked(): Set<string> {
    return new Set(this.#active().map((row) => row.value));
  }

  pullFull(_query: object, onDecision: (decision: WireDecision) => void): Promise<PullResult> {
    this.fullPulls += 1;
    return this.#answer(() => {
      const rows = this.#active().slice(0, this.cutFullAt);
      const sound = this.#sound(rows);
      for (const row of sound) onDecision(this.#wire(row));
      return { decisions: sound.length, malformed: rows.length - sound.length, bytes: 0 };
    });
  }

  pullDelta(): Promise<Delta> {
    const since = this.#lastPull;
    return this.#answer(() => {
      const now = this.#clock.now();
      if (this.cutFullAt < Infinity) return { added: [], deleted: [], decisions: 0, malformed: 0, bytes: 0 };
      const fresh = this.#active().filter((row) => row.id >= this.#firstUntold);
      const added = this.#sound(fresh);
      const deleted = this.#rows.filter((row) => row.until <= now && row.until > since - 2000);
      const wire = (rows: readonly Row[]) => rows.map((row) => this.#wire(row));
      return {
        added: wire(added),
        deleted: wire(deleted),
        decisions: added.length + deleted.length,
        malformed: fresh.length - added.length,
        bytes: 0,
      };
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is for a server
  async *decisions(): AsyncIterable<WireDecision> {
    this.lists += 1;
    if (this.cutFullAt < Infinity && !this.listAgrees) throw new TransientError('500: unable to query');
    for (const row of this.#active().slice(0, this.cutFullAt)) yield this.#wire(row);
  }

  pushUsageMetrics(): Promise<'unsupported'> {
    return Promise.resolve('unsupported');
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- throws as a rejection
  async #answer<T>(build: () => T): Promise<T> {
    const fault = this.faults.shift();
    if (fault === 'refused') throw new TransientError('connection refused');
    const told = new Map<string, number>();
    for (const row of this.#active()) told.set(row.value, Math.max(row.until, told.get(row.value) ?? 0));
    const answer = fault === 'lost' ? undefined : build();
    this.#lastPull = this.#clock.now();
    this.#firstUntold = this.#nextId;
    if (answer === undefined) throw new TransientError('the answer was cut');
    // An answer that is short or not understood takes nothing back of what was told before and still lives.
    const isWhole = this.cutFullAt === Infinity && this.oddEvery === 0;
    this.told = isWhole ? told : new Map([...this.told].filter(([network]) => told.has(network)));
    this.toldAt = this.#clock.now();
    return answer;
  }

  #sound(rows: readonly Row[]): readonly Row[] {
    return rows.filter((_row, index) => this.oddEvery === 0 || index % this.oddEvery !== 0);
  }

  #active(): Row[] {
    return this.#rows.filter((row) => row.until > this.#clock.now());
  }

  #wire(row: Row): WireDecision {
    const left = Math.trunc((row.until - this.#clock.now()) / 1000);
    const { id, value, origin, type } = row;
    return { id, value, origin, scenario: 'model', scope: 'Ip', type, duration: `${left}s` };
  }
}
