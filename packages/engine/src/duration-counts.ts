/** Upper bounds in seconds: from a handful of entries to 30,000 on a slow router. */
export const durationBounds: readonly number[] = [0.005, 0.02, 0.1, 0.5, 2, 5, 15, 60, 180];

/** Durations by size. */
export interface DurationCounts {
  /** How many lasted no longer than each of `durationBounds`, and longer than the one before. */
  readonly counts: readonly number[];
  readonly count: number;
  /** Seconds. */
  readonly sum: number;
}

/** Counts durations from the start of the process, so that a metrics library that is loaded late misses none. */
export class DurationCounter implements DurationCounts {
  readonly counts: number[] = durationBounds.map(() => 0);
  count = 0;
  sum = 0;

  /** Takes one duration in seconds. */
  add(seconds: number): void {
    this.count += 1;
    this.sum += seconds;
    const index = durationBounds.findIndex((bound) => seconds <= bound);
    if (index >= 0) this.counts[index] = (this.counts[index] ?? 0) + 1;
  }
}
