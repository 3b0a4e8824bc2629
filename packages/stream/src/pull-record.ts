import { wallOf } from './clock.ts';
import type { Clock } from './clock.ts';
import { hintOf, kindOf, messageOf } from './lapi/errors.ts';
import type { StreamStatus } from './stream-status.ts';

/** How the pulls went. Moments are monotonic milliseconds: told on the wall clock, they stay as old as they are when that is set. */
export class PullRecord {
  readonly #clock: Clock;
  #pulls = 0;
  #fullPulls = 0;
  readonly #failures: Record<string, number> = {};
  #failuresInARow = 0;
  #lastPull: number | undefined;
  #lastFull: number | undefined;
  #lastError: { message: string; hint: string; kind: string; moment: number } | undefined;
  /** Since when no pull has failed. */
  #calmSince = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Successful pulls. */
  get pulls(): number {
    return this.#pulls;
  }

  get fullPulls(): number {
    return this.#fullPulls;
  }

  get failuresInARow(): number {
    return this.#failuresInARow;
  }

  get calmSince(): number {
    return this.#calmSince;
  }

  succeeded(full: boolean): void {
    this.#failuresInARow = 0;
    this.#lastError = undefined;
    this.#pulls++;
    this.#lastPull = this.#clock.now();
    if (!full) return;
    this.#fullPulls++;
    this.#lastFull = this.#lastPull;
  }

  failed(error: unknown): void {
    const kind = kindOf(error);
    const moment = this.#clock.now();
    this.#failures[kind] = (this.#failures[kind] ?? 0) + 1;
    this.#failuresInARow++;
    this.#calmSince = moment;
    this.#lastError = { message: messageOf(error), hint: hintOf(error), kind, moment };
  }

  status(): Pick<
    StreamStatus,
    'state' | 'pulls' | 'fullPulls' | 'failures' | 'lastPullAt' | 'lastFullAt' | 'lastError'
  > {
    const wallAt = (moment: number) => Math.round(wallOf(this.#clock, moment / 1000));
    const { message = '', hint = '', kind = '', moment } = this.#lastError ?? {};
    return {
      state: this.#failuresInARow > 0 ? 'failing' : this.#pulls === 0 ? 'starting' : 'ok',
      pulls: this.#pulls,
      fullPulls: this.#fullPulls,
      failures: { ...this.#failures },
      ...(this.#lastPull !== undefined && { lastPullAt: wallAt(this.#lastPull) }),
      ...(this.#lastFull !== undefined && { lastFullAt: wallAt(this.#lastFull) }),
      ...(moment !== undefined && { lastError: { message, hint, kind, at: wallAt(moment) } }),
    };
  }
}
