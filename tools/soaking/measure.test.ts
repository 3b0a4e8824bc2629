import { describe, expect, it } from 'vitest';
import { floors, slope, slopeError, verdicts } from './measure.ts';
import type { Sample } from './measure.ts';

const MB = 1024 * 1024;

/** Ten minutes, a sample every two seconds; memory swings by 40 MB and its floor grows by so much a minute. */
function run(growth: number, p99 = 3): Sample[] {
  return Array.from({ length: 300 }, (_, index) => {
    const bytes = (60 + growth * (index / 30) + 40 * ((index % 15) / 15)) * MB;
    const flat = { handles: 9, descriptors: 20, listeners: 5, p50: 0, worst: 30, starved: 0, isGoing: true };
    return { at: index * 2000, heapUsed: bytes, rss: bytes, ...flat, p99 };
  });
}

const broken = (samples: readonly Sample[]) =>
  verdicts(samples)
    .filter(({ value, most }) => value > most)
    .map(({ name }) => name);

describe('the figures of a soak', () => {
  it('finds the slope of a line, and none where there is none', () => {
    expect(
      slope([
        [0, 5],
        [10, 25],
        [20, 45],
      ]),
    ).toBeCloseTo(2);
    expect([slope([]), slope([[1, 1]])]).toEqual([0, 0]);
  });

  it('says how far off a slope may be', () => {
    const line = (noise: number) => [0, 1, 2, 3].map((x) => [x, 2 * x + (x % 2 ? noise : -noise)] as const);
    expect(slopeError(line(0))).toBeCloseTo(0);
    // By hand: slope 2.4, squares of the rest 3.2, of the distances 5.
    expect(slopeError(line(1))).toBeCloseTo(Math.sqrt(3.2 / 2 / 5));
    expect(slopeError([[1, 1]])).toBe(Infinity);
  });

  it('looks at the floor of memory, whatever garbage swings above it', () => {
    expect(new Set(floors(run(0), 'rss').map(([, bytes]) => Math.round(bytes / MB)))).toEqual(new Set([60]));
    expect(broken(run(0))).toEqual([]);
  });

  it('finds a leak of 2 MB a minute and a slow event loop', () => {
    expect(broken(run(2))).toEqual(['slope of the heap', 'slope of resident memory']);
    expect(broken(run(0, 51))).toEqual(['event loop delay, 99th percentile']);
  });
});
