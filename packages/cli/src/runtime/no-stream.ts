import { DecisionSet } from '@bouncer/stream';
import type { Clock, SkippedValue, StreamStatus, StreamUpdate } from '@bouncer/stream';
import type { FollowedStream } from '@bouncer/engine';

const nothing: StreamUpdate = { full: true, touched: new Set(), pull: 1 };

/**
 * The stream of a connector that follows none: always empty, always fresh, and LAPI is never asked. Targets that only
 * write files are kept in step by the same controller as all others.
 */
export class NoStream implements FollowedStream {
  readonly set = new DecisionSet();
  readonly calmSince = -Infinity;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  status(): StreamStatus {
    const base = { state: 'ok', pulls: 0, fullPulls: 0, failures: {}, decisions: 0, skipped: {} } as const;
    return { ...base, lastPullAt: this.#clock.wall() };
  }

  poll(signal: AbortSignal): Promise<StreamUpdate> {
    return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve(nothing);
  }

  preview(signal: AbortSignal): Promise<StreamUpdate> {
    return this.poll(signal);
  }

  /** One update, so that the targets begin; then nothing until aborted. */
  run(signal: AbortSignal, onUpdate: (update: StreamUpdate) => void): Promise<void> {
    onUpdate(nothing);
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      else {
        signal.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
      }
    });
  }

  view(): this {
    return this;
  }

  requestFull(): void {
    // Nothing is pulled.
  }

  watch(): void {
    // Nothing is pulled.
  }

  isProtected(): boolean {
    return false;
  }

  otherRoadAgrees(): Promise<boolean> {
    return Promise.resolve(true);
  }

  skippedValues(): readonly SkippedValue[] {
    return [];
  }
}
