import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { Schedule } from './schedule.ts';

/** Runs the schedule for `seconds` and tells when it listed and verified. Each listing takes `listMs`. */
async function follow(seconds: number, listMs: number): Promise<{ lists: number[]; verifies: number[] }> {
  const clock = new ManualClock(0);
  const schedule = new Schedule(clock, 3600);
  const lists: number[] = [];
  const verifies: number[] = [];
  schedule.reset();
  while (clock.now() < seconds * 1000) {
    const due = schedule.due();
    if (due === 'list') {
      lists.push(clock.now() / 1000);
      await schedule.timeList(() => clock.advance(listMs));
    } else if (due === 'verify') {
      verifies.push(clock.now() / 1000);
      await schedule.timeVerify(() => Promise.resolve(true));
    } else if (due === 'replan') schedule.replanned();
    else await clock.advance(Math.max(1, schedule.wait()));
  }
  return { lists, verifies };
}

describe('Schedule', () => {
  it('looks at the device often enough to notice a flush within 30 seconds', async () => {
    const { lists, verifies } = await follow(600, 5);
    const looks = [...lists, ...verifies].sort((a, b) => a - b);
    for (const [index, at] of looks.entries()) expect(at - (looks[index - 1] ?? 0)).toBeLessThanOrEqual(30);
  });

  it('lists a fast device often enough to notice a swapped entry within a minute', async () => {
    const { lists } = await follow(600, 5);
    for (const [index, at] of lists.entries()) expect(at - (lists[index - 1] ?? 0)).toBeLessThanOrEqual(55);
  });

  it('spends at most a fiftieth of a slow device on listing it', async () => {
    const { lists } = await follow(3000, 4000);
    expect(lists.length * 4).toBeLessThanOrEqual(3000 / 50 + 4);
  });

  it('lists at least once in a resync interval, however slow the device', async () => {
    const { lists } = await follow(8000, 200_000);
    expect(lists.length).toBeGreaterThanOrEqual(2);
  });

  it('takes no old listing for the state of a new connection', async () => {
    const clock = new ManualClock(0);
    const schedule = new Schedule(clock, 3600);
    await schedule.timeList(() => Promise.resolve());
    expect(schedule.listIsStale()).toBe(false);
    schedule.reset();
    expect(schedule.listIsStale()).toBe(true);
    expect(schedule.due()).toBe('list');
  });
});
