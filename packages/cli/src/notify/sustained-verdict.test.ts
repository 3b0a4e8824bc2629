import type { PageVerdict } from '@bouncer/status-page';
import { describe, expect, it } from 'vitest';
import { SustainedVerdict } from './sustained-verdict.ts';

/** Sees each verdict for so many seconds, one look a second; gives what was told and when. */
function watched(...parts: readonly (readonly [PageVerdict, number])[]): string[] {
  const watch = new SustainedVerdict(60_000);
  const told: string[] = [];
  let now = 0;
  for (const [verdict, seconds] of parts) {
    for (const end = now + seconds * 1000; now < end; now += 1000) {
      const change = watch.see(verdict, now);
      if (change) told.push(`${change.before} > ${change.verdict} at ${now / 1000}, since ${change.since / 1000}`);
    }
  }
  return told;
}

describe('a verdict that lasts', () => {
  it('is told after its minute, and so is the way back', () => {
    expect(watched(['protecting', 100], ['not-protecting', 100], ['protecting', 100])).toEqual([
      'protecting > not-protecting at 160, since 100',
      'not-protecting > protecting at 260, since 200',
    ]);
  });

  it('is not told before, nor when it is over by then', () => {
    expect(watched(['protecting', 100], ['not-protecting', 60], ['protecting', 100])).toEqual([]);
  });

  it('is nothing that a start, a dry run or a process that goes well has', () => {
    expect(watched(['starting', 500], ['protecting', 100])).toEqual([]);
    expect(watched(['dry-run', 500])).toEqual([]);
  });

  it('is told of a start that does not come to an end', () => {
    expect(watched(['starting', 30], ['not-protecting', 100])).toEqual(['protecting > not-protecting at 90, since 30']);
  });

  it('is the better one of two bad ones while it wavers, and the worse one once that lasts', () => {
    const wavering = [1, 2, 3, 4].flatMap(() => [['partly', 20] as const, ['not-protecting', 20] as const]);
    expect(watched(['protecting', 100], ...wavering, ['not-protecting', 61])).toEqual([
      'protecting > partly at 160, since 100',
      'partly > not-protecting at 300, since 240',
    ]);
  });

  it('takes no flash of green for a recovery, and no flash of red for its end', () => {
    const flashes = [1, 2, 3, 4, 5].flatMap(() => [['protecting', 30] as const, ['not-protecting', 30] as const]);
    expect(watched(['not-protecting', 100], ...flashes)).toHaveLength(1);
    expect(watched(['protecting', 100], ...flashes)).toEqual([]);
  });
});
