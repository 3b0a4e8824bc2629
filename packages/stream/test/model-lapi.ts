import { once } from 'node:events';
import { AuthError, TransientError } from '../src/lapi/errors.ts';
import type { Clock } from '../src/clock.ts';
import type { WireDecision } from '../src/decisions/wire-decision.ts';
import type { Delta, LapiClient } from '../src/lapi/lapi-client.ts';

/**
 * What goes wrong with one pull. `lost`: LAPI answered and moved last_pull, but the answer never arrived. `cut`: half
 * of it did. `denied`: 403. `hang`: no answer until aborted. `odd`: every third element is no decision.
 */
export type Fault = 'none' | 'refused' | 'lost' | 'cut' | 'denied' | 'hang' | 'odd';

/** Rows that ended are named as deleted for so long, in milliseconds; a real LAPI flushes them after days. */
const FLUSHED = 120_000;

export interface Row {
  readonly id: number;
  readonly value: string;
  readonly createdAt: number;
  /** Milliseconds on the test's clock. */
  until: number;
}

/** LAPI's rules for the stream with dedup=false, in memory: what is new, what is deleted, and last_pull. */
export class ModelLapi implements LapiClient {
  readonly rows: Row[] = [];
  readonly pulls: ('full' | 'delta')[] = [];
  /** When each pull began, in milliseconds on the test's clock. */
  readonly pulledAt: number[] = [];
  /** Pulls under way now, and the most at any time. */
  running = 0;
  mostRunning = 0;
  /** Faults of the next pulls, in order. */
  readonly faults: Fault[] = [];
  /** Ids that some pull, once complete, has told the client of. */
  readonly delivered = new Set<number>();
  /**
   * The share of rows in an answer. Below 1 the database of a LAPI 1.7.8 fails: pulls are 200 and short, deltas empty,
   * and `GET /v1/decisions` is a 500.
   */
  share = 1;
  /** Set: `GET /v1/decisions` answers with this share of the rows, whatever the database does. */
  listShare: number | undefined;
  /** How often `GET /v1/decisions` was asked. */
  lists = 0;
  readonly #clock: Clock;
  #lastPull = -Infinity;
  #nextId = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ban(value: string, seconds: number): Row {
    const row = { id: this.#nextId++, value, createdAt: this.#clock.now(), until: this.#clock.now() + seconds * 1000 };
    this.rows.push(row);
    return row;
  }

  unban(row: Row): void {
    row.until = Math.min(row.until, this.#clock.now());
  }

  /** Rows that are alive now. */
  active(): Row[] {
    return this.rows.filter(({ until }) => until > this.#clock.now());
  }

  async pullFull(
    _query: object,
    onDecision: (decision: WireDecision) => void,
    signal: AbortSignal,
    onDeleted?: (decision: WireDecision) => void,
  ) {
    this.pulls.push('full');
    const all = this.active();
    const active = all.slice(0, Math.floor(all.length * this.share));
    const fault = await this.#answer(signal);
    const arriving = fault === 'cut' ? active.slice(0, active.length / 2) : sound(active, fault);
    for (const row of arriving) onDecision(this.#wire(row));
    const now = this.#clock.now();
    const over = this.share < 1 ? [] : this.rows.filter(({ until }) => until <= now && until > now - FLUSHED);
    if (onDeleted && fault !== 'cut') for (const row of over) onDeleted(this.#wire(row));
    if (fault === 'cut') throw new TransientError('cut off', { kind: 'network' });
    this.#told(arriving);
    return { decisions: arriving.length, malformed: active.length - arriving.length, bytes: 0 };
  }

  async pullDelta(_query: object, signal: AbortSignal): Promise<Delta> {
    this.pulls.push('delta');
    const since = this.#lastPull;
    const now = this.#clock.now();
    const added = this.active().filter(({ createdAt }) => createdAt > since);
    const deleted = this.rows.filter(({ until }) => until > since - 2000 && until <= now);
    const fault = await this.#answer(signal);
    if (fault === 'cut') throw new TransientError('cut off', { kind: 'network' });
    if (this.share < 1) return { added: [], deleted: [], decisions: 0, malformed: 0, bytes: 0 };
    const [soundAdded, soundDeleted] = [sound(added, fault), sound(deleted, fault)];
    this.#told(soundAdded);
    const wire = (row: Row) => this.#wire(row);
    const decisions = soundAdded.length + soundDeleted.length;
    return {
      added: soundAdded.map(wire),
      deleted: soundDeleted.map(wire),
      decisions,
      malformed: added.length + deleted.length - decisions,
      bytes: 0,
    };
  }

  async *decisions(): AsyncGenerator<WireDecision> {
    this.lists++;
    await Promise.resolve();
    if (this.share < 1 && this.listShare === undefined) throw new TransientError('500', { kind: 'server' });
    const active = this.active();
    yield* active.slice(0, Math.floor(active.length * (this.listShare ?? 1))).map((row) => this.#wire(row));
  }

  pushUsageMetrics(): Promise<'unsupported'> {
    return Promise.resolve('unsupported');
  }

  async #answer(signal: AbortSignal): Promise<Fault> {
    this.pulledAt.push(this.#clock.now());
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    try {
      return await this.#outcome(signal);
    } finally {
      this.running--;
    }
  }

  async #outcome(signal: AbortSignal): Promise<Fault> {
    await Promise.resolve();
    signal.throwIfAborted();
    const fault = this.faults.shift() ?? 'none';
    if (fault === 'refused') throw new TransientError('refused', { kind: 'refused', hint: 'wait' });
    if (fault === 'denied') throw new AuthError('403 Forbidden', { kind: 'auth', hint: 'make a new key' });
    this.#lastPull = this.#clock.now();
    if (fault === 'hang') await once(signal, 'abort');
    signal.throwIfAborted();
    if (fault === 'lost') throw new TransientError('lost', { kind: 'network' });
    return fault;
  }

  /** A row whose last second has begun is sent as `0s`, which is no news that a client could act on. */
  #told(rows: readonly Row[]): void {
    for (const { id, until } of rows) if (until - this.#clock.now() >= 1000) this.delivered.add(id);
  }

  /** Whole seconds, as LAPI from 1.6.3 on: the rest is cut off. */
  #wire({ id, value, until }: Row): WireDecision {
    const left = Math.trunc((until - this.#clock.now()) / 1000);
    return { id, origin: 'cscli', scenario: 'test', scope: 'Ip', type: 'ban', value, duration: `${left}s` };
  }
}

/** The elements that are decisions. */
function sound(rows: readonly Row[], fault: Fault): Row[] {
  return rows.filter((_row, index) => fault !== 'odd' || index % 3 !== 0);
}
