import { TransientError } from '@bouncer/stream';
import type { Clock, Delta, LapiClient, PullResult, WireDecision } from '@bouncer/stream';

interface Row {
  readonly id: number;
  readonly value: string;
  readonly origin: string;
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
  /** The most rows that a full pull gives: a database error in the middle of the answer of a LAPI 1.7.8. */
  cutFullAt = Infinity;
  told: Told = new Map();
  /** Monotonic milliseconds. */
  toldAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ban(value: string, seconds: number, origin: string): void {
    this.#rows.push({ id: this.#nextId++, value, origin, until: this.#clock.now() + seconds * 1000 });
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
    return this.#answer(() => {
      const rows = this.#active().slice(0, this.cutFullAt);
      for (const row of rows) onDecision(this.#wire(row));
      return { decisions: rows.length, malformed: 0, bytes: 0 };
    });
  }

  pullDelta(): Promise<Delta> {
    const since = this.#lastPull;
    return this.#answer(() => {
      const now = this.#clock.now();
      const added = this.#active().filter((row) => row.id >= this.#firstUntold);
      const deleted = this.#rows.filter((row) => row.until <= now && row.until > since - 2000);
      const wire = (rows: readonly Row[]) => rows.map((row) => this.#wire(row));
      return {
        added: wire(added),
        deleted: wire(deleted),
        decisions: added.length + deleted.length,
        malformed: 0,
        bytes: 0,
      };
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is for a server
  async *decisions(): AsyncIterable<WireDecision> {
    for (const row of this.#active()) yield this.#wire(row);
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
    this.told = told;
    this.toldAt = this.#clock.now();
    return answer;
  }

  #active(): Row[] {
    return this.#rows.filter((row) => row.until > this.#clock.now());
  }

  #wire(row: Row): WireDecision {
    const left = Math.trunc((row.until - this.#clock.now()) / 1000);
    const { id, value, origin } = row;
    return { id, value, origin, scenario: 'model', scope: 'Ip', type: 'ban', duration: `${left}s` };
  }
}
