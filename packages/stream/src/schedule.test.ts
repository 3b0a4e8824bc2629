import { describe, expect, it } from 'vitest';
import { authBackoff, backoff, pollInterval, resyncAfter } from './schedule.ts';

describe('schedule', () => {
  it('polls within 10 % of the frequency', () => {
    expect([0, 0.5, 1].map((random) => pollInterval(10_000, random))).toEqual([9000, 10_000, 11_000]);
  });

  it('resyncs no later than asked for', () => {
    expect([0, 1].map((random) => resyncAfter(3_600_000, random))).toEqual([3_600_000, 3_240_000]);
  });

  it('backs off from one second to five minutes, with full jitter', () => {
    expect([1, 2, 3, 8, 9, 1000].map((failures) => backoff(failures, 1))).toEqual([
      2000, 4000, 8000, 256_000, 300_000, 300_000,
    ]);
    expect([1, 9, 1000].map((failures) => backoff(failures, 0))).toEqual([1000, 1000, 1000]);
    expect(backoff(9, 0.5)).toBe(150_000);
  });

  it('asks a LAPI that said no at most once a minute', () => {
    for (const failures of [1, 2, 5, 20]) {
      for (const random of [0, 0.3, 1]) expect(authBackoff(failures, random)).toBeGreaterThanOrEqual(60_000);
    }
    expect(authBackoff(20, 1)).toBe(300_000);
  });
});
