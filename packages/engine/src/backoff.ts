/** Limits of a backoff, in milliseconds. */
export interface BackoffLimits {
  readonly least: number;
  readonly most: number;
}

/** A device that is back must be healed within 60 s, so we never wait longer than half of that. */
export const DEVICE_BACKOFF: BackoffLimits = { least: 1000, most: 30_000 };

/** Milliseconds to wait after the n-th failure in a row (n from 1): doubling, with equal jitter. */
export function backoffDelay(failures: number, limits: BackoffLimits, random: () => number): number {
  const ceiling = Math.min(limits.most, limits.least * 2 ** (failures - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
}
