import type { Lane } from './lane.ts';
import type { MatrixDevice } from './matrix-device.ts';
import { RateMeter } from './rate-meter.ts';
import type { ConnectorState } from './state.ts';

/** Milliseconds of real time between two looks, at least: a look that costs more is made less often. */
const PAUSE = 50;

/** Looks at device and connector all the time while a fault is on, and writes down what must not be. */
export class Watch<D extends MatrixDevice> {
  /** Live bans that were on the device at one look and not at the next. */
  readonly gaps: string[] = [];
  /** What LAPI and the device have counted, and what the connector tells: nobody but it counts a refused connection. */
  readonly #lapiRates: readonly RateMeter[];
  readonly #deviceRates: readonly RateMeter[];
  #state: ConnectorState | undefined;
  /** Looks at the device so far. */
  looks = 0;
  /** Answers of /readyz other than 200, with their reasons. */
  readonly unready = new Set<string>();
  readonly #lane: Lane<D>;
  /** Bans that the device held at their last look, and since when. */
  readonly #seen = new Map<string, number>();
  #allowGaps = false;
  #running = true;
  #turn = 0;
  readonly #ended: Promise<void>;

  constructor(lane: Lane<D>) {
    this.#lane = lane;
    // It was in step a moment ago: what is live now is in force.
    for (const value of lane.live) this.#seen.set(value, -Infinity);
    const meter = (read: () => number | undefined): RateMeter => new RateMeter(lane.clock, read);
    this.#lapiRates = [meter(() => requestsOf(lane)), meter(() => this.#state?.pulls)];
    this.#deviceRates = [meter(() => lane.device.activity()), meter(() => this.#state?.deviceFailures)];
    this.#ended = this.#run();
  }

  /** The most pulls in any minute. */
  get lapiPerMinute(): number {
    return mostOf(this.#lapiRates);
  }

  /** The most that the device was asked, or has failed, in any minute. */
  get devicePerMinute(): number {
    return mostOf(this.#deviceRates);
  }

  /** From now on the device is not ours alone to keep: somebody else has emptied it. */
  allowGaps(): void {
    this.#allowGaps = true;
  }

  /** Resolves when so many more looks at the device are through. */
  async look(count: number): Promise<void> {
    const end = this.looks + count;
    await this.#lane.until('looks at the device', () => this.looks >= end);
  }

  /** Ends it. Rejects when a look failed. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const start = performance.now();
      await this.#lookOnce();
      const state = await this.#lane.state();
      this.#state = state ?? this.#state;
      for (const rate of [...this.#lapiRates, ...this.#deviceRates]) rate.note();
      if (state && !state.ready) for (const reason of state.reasons) this.unready.add(reason);
      const pause = Math.max(PAUSE, 2 * (performance.now() - start));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async #lookOnce(): Promise<void> {
    const { device, live } = this.#lane;
    const asked = this.#choose([...live]);
    const blocked = await device.blocked(asked);
    this.looks += 1;
    // A device that is down lets nothing pass.
    if (!blocked) return;
    const now = performance.now();
    for (const value of asked) {
      const since = this.#seen.get(value);
      if (blocked.has(value) && live.has(value)) {
        this.#seen.set(value, since ?? now);
        continue;
      }
      this.#seen.delete(value);
      // Taken back while we looked: it may go.
      if (since === undefined || !live.has(value) || this.#allowGaps) continue;
      if (now - since >= (device.settleMs ?? 0)) this.gaps.push(`${value} at look ${this.looks}`);
    }
  }

  /** All, or the newest and some others in turn. */
  #choose(values: readonly string[]): readonly string[] {
    const { sample = Infinity } = this.#lane.device;
    if (values.length <= sample) return values;
    const half = sample >> 1;
    const rest = values.slice(0, -half);
    const chosen = Array.from({ length: half }, () => rest[this.#turn++ % rest.length] ?? '');
    return [...values.slice(-half), ...chosen];
  }
}

/** Those of the connector: a test may ask LAPI as well. */
function requestsOf<D extends MatrixDevice>({ lapi }: Lane<D>): number {
  return lapi.requests.all.filter(({ headers }) => headers['user-agent']?.startsWith('crowdsec-')).length;
}

function mostOf(rates: readonly RateMeter[]): number {
  return Math.max(...rates.map(({ most }) => most));
}
