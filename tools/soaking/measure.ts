/** What the probe writes every two seconds. Bytes and milliseconds. */
export interface Sample {
  readonly at: number;
  readonly heapUsed: number;
  readonly rss: number;
  readonly handles: number;
  readonly descriptors: number;
  readonly listeners: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  /** Time since the start in which the process could have run and no processor was free. */
  readonly starved: number;
  /** False during the warm-up. */
  readonly isGoing: boolean;
}

/** A figure against what it may be at most. */
export interface Verdict {
  readonly name: string;
  readonly value: number;
  /** Of a slope: its standard error. */
  readonly error?: number;
  readonly most: number;
  readonly unit: string;
}

/** Length of the windows of which only the least memory counts: what lies above is garbage that waits to be collected. */
const WINDOW_MS = 30_000;
const MB = 1024 * 1024;
const MINUTE = 60_000;

/** The slope of the line with the least squares through some points; 0 when there are not two. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

/** The standard error of that slope; Infinity when there are not three points. */
export function slopeError(points: readonly (readonly [x: number, y: number])[]): number {
  if (points.length < 3) return Infinity;
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [meanX, meanY, steep] = [mean(0), mean(1), slope(points)];
  const rest = points.reduce((sum, [x, y]) => sum + (y - meanY - steep * (x - meanX)) ** 2, 0);
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return Math.sqrt(rest / (points.length - 2) / spread);
}

/** The least value of each whole window, at the moment it was seen. */
export function floors(samples: readonly Sample[], field: 'heapUsed' | 'rss'): (readonly [number, number])[] {
  const windows = new Map<number, readonly [number, number]>();
  for (const sample of samples) {
    const index = Math.floor((sample.at - (samples[0]?.at ?? 0)) / WINDOW_MS);
    const known = windows.get(index);
    if (known === undefined || sample[field] < known[1]) windows.set(index, [sample.at, sample[field]]);
  }
  return [...windows.values()];
}

/**
 * What is said about a run, from the samples after the warm-up. A slope over a few minutes is mostly chance, so memory
 * may rise by 1 MB/min over ten minutes, and by more in a shorter run.
 */
export function verdicts(samples: readonly Sample[]): Verdict[] {
  const perMinute = (points: readonly (readonly [number, number])[]): number => slope(points) * MINUTE;
  const ofMemory = (name: string, field: 'heapUsed' | 'rss'): Verdict => {
    const points = floors(samples, field).map(([at, bytes]) => [at / MINUTE, bytes / MB] as const);
    return { name, value: slope(points), error: slopeError(points), most: memory, unit: 'MB/min' };
  };
  const ofField = (field: 'handles' | 'descriptors' | 'listeners'): number =>
    perMinute(samples.map((sample) => [sample.at, sample[field]]));
  const last = samples.at(-1);
  const minutes = ((last?.at ?? 0) - (samples[0]?.at ?? 0)) / MINUTE;
  const memory = Math.max(1, 7.5 / minutes);
  return [
    ofMemory('slope of the heap', 'heapUsed'),
    ofMemory('slope of resident memory', 'rss'),
    { name: 'slope of active handles', value: ofField('handles'), most: 0.5, unit: '/min' },
    { name: 'slope of open descriptors', value: ofField('descriptors'), most: 0.5, unit: '/min' },
    { name: 'slope of process listeners', value: ofField('listeners'), most: 0.5, unit: '/min' },
    { name: 'event loop delay, 99th percentile', value: last?.p99 ?? Infinity, most: 50, unit: 'ms' },
  ];
}
