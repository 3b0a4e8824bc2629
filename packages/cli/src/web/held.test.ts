import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { heldByOrigin, heldEverywhere } from './held.ts';
import { fakeSource, targetStatus } from './testing.ts';
import { statusReport } from './status-json.ts';

describe('what is called blocked', () => {
  it('is what the device with the fewest holds; one that holds nothing takes nothing away', () => {
    const held = (count: number, state: 'in-step' | 'dry-run' = 'in-step') => targetStatus({ held: count, state });
    expect(heldEverywhere([held(1000), held(2520)])).toBe(1000);
    expect(heldEverywhere([held(2520), held(0, 'dry-run')])).toBe(2520);
    expect(heldEverywhere([held(2520), held(0)])).toBe(2520);
    expect(heldEverywhere([held(0, 'dry-run')])).toBe(0);
    expect(heldEverywhere([])).toBe(0);
  });

  it('is counted by origin from what is held, not from what should be', () => {
    const source = fakeSource();
    expect(heldByOrigin(source)).toEqual(source.set.counts());
    source.now = { ...source.now, targets: [targetStatus({ held: 2, skipped: { 'over MAX_ENTRIES': 1 } })] };
    const some = { ...source, heldBy: () => ['45.83.64.1', '45.83.66.0/24', '9.9.9.9'] as Network[] };
    expect(heldByOrigin(some)).toEqual([
      { origin: 'crowdsec', family: 4, count: 1 },
      { origin: 'lists:firehol', family: 4, count: 1 },
    ]);
    const { blocked, wanted, verdict, counts } = statusReport(some, new Map());
    expect({ blocked, wanted, verdict, total: counts.length }).toEqual({
      blocked: 2,
      wanted: 3,
      verdict: 'partly',
      total: 2,
    });
  });
});
