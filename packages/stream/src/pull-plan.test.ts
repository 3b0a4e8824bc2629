import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { PullPlan } from './pull-plan.ts';

function plan(updateFrequency: number): { clock: ManualClock; plan: PullPlan } {
  const clock = new ManualClock();
  return { clock, plan: new PullPlan(clock, { updateFrequency, resyncInterval: 3_600_000, random: () => 0.5 }) };
}

/** Whether each of the next pulls, one after the other at its time, is a full one. */
async function pulls(frequency: number, count: number): Promise<boolean[]> {
  const { clock, plan: schedule } = plan(frequency);
  const kinds: boolean[] = [];
  for (let index = 0; index < count; index += 1) {
    await clock.advance(Math.max(0, (schedule.nextPull ?? 0) - clock.now()));
    const full = schedule.begin();
    schedule.succeeded(full);
    kinds.push(full);
  }
  return kinds;
}

describe('PullPlan', () => {
  it('takes deltas after the first pull', async () => {
    expect(await pulls(10_000, 4)).toEqual([true, false, false, false]);
  });

  it('trusts no delta over more than a minute: a check by hand may have taken from it', async () => {
    expect(await pulls(300_000, 3)).toEqual([true, true, true]);
  });

  it('trusts no delta after the process stood still', async () => {
    const { clock, plan: schedule } = plan(10_000);
    schedule.succeeded(schedule.begin());
    await clock.advance(120_000);
    expect(schedule.begin()).toBe(true);
  });

  it('trusts no delta after the machine slept, when the wall clock alone has gone on', async () => {
    const { clock, plan: schedule } = plan(10_000);
    schedule.succeeded(schedule.begin());
    clock.setWall(8 * 3_600_000);
    await clock.advance(10_000);
    expect(schedule.begin()).toBe(true);
    schedule.succeeded(true);
    // A clock that is set back, or by a little, tells of no sleep.
    for (const by of [-8 * 3_600_000, 2000]) {
      clock.setWall(by);
      await clock.advance(10_000);
      expect(schedule.begin()).toBe(false);
      schedule.succeeded(false);
    }
  });

  it('leaves LAPI alone for as long as it asks, if that is longer than the backoff', () => {
    const { clock, plan: schedule } = plan(10_000);
    schedule.begin();
    schedule.failed(false, 45);
    expect(schedule.nextPull).toBe(clock.now() + 45_000);
    schedule.requestFull();
    expect(schedule.nextPull).toBe(clock.now() + 45_000);
    schedule.failed(true, 45);
    expect(schedule.nextPull).toBe(clock.now() + 63_000);
  });
});
