import { withTimeout, type Clock } from '@bouncer/stream';
import type { Counting } from '@bouncer/engine';
import type { DropCounters } from '@bouncer/target';

/** What devices have dropped, by target name. */
export type Drops = ReadonlyMap<string, readonly DropCounters[]>;

/** A device is not asked again within this time, in milliseconds. */
const freshMs = 10_000;
/** A device that does not answer within this time, in milliseconds, is shown as it was. */
const timeoutMs = 3_000;

/**
 * Reads the devices' drop counters for /metrics and the usage report. A device that is away keeps its last numbers, and
 * several readers at once ask it only once.
 */
export class DropWatch {
  readonly #targets: readonly Counting[];
  readonly #clock: Clock;
  readonly #last = new Map<string, readonly DropCounters[]>();
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(targets: readonly Counting[], clock: Clock) {
    this.#targets = targets.filter((target) => 'counters' in target);
    this.#clock = clock;
  }

  /** The newest numbers to be had; with `isExact` not even a few seconds old. Never rejects. */
  async read(isExact = false): Promise<Drops> {
    if (this.#targets.length > 0 && (isExact || this.#clock.now() - this.#readAt >= freshMs)) {
      this.#reading ??= this.#readAll().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#last;
  }

  async #readAll(): Promise<void> {
    const late = (): Error => new Error('the device did not report its counters in time');
    const asked = this.#targets.map(async (target) => {
      try {
        const ask = async (signal: AbortSignal) => target.counters?.(signal);
        const counters = await withTimeout(ask, timeoutMs, this.#clock, undefined, late);
        if (counters) this.#last.set(target.name, counters);
      } catch {
        // Away or too slow: its state is told elsewhere, here the last numbers stand.
      }
    });
    await Promise.all(asked);
    this.#readAt = this.#clock.now();
  }
}
