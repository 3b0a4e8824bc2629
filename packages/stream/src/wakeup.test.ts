import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { Wakeup } from './wakeup.ts';

describe('Wakeup', () => {
  it('wakes when its time comes', async () => {
    const clock = new ManualClock();
    let woken = false;
    const wait = new Wakeup(clock).wait(500, new AbortController().signal).then(() => (woken = true));
    await clock.advance(499);
    expect(woken).toBe(false);
    await clock.advance(1);
    await wait;
  });

  it('wakes at once on news, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const wakeup = new Wakeup(clock);
    const wait = wakeup.wait(500, new AbortController().signal);
    wakeup.notify();
    await wait;
    expect(clock.sleeping).toBe(0);
  });

  it('does not lose news that came before the wait', async () => {
    const clock = new ManualClock();
    const wakeup = new Wakeup(clock);
    wakeup.notify();
    await wakeup.wait(500, new AbortController().signal);
    expect(clock.sleeping).toBe(0);
  });

  it('rejects when aborted', async () => {
    const stop = new AbortController();
    const wait = new Wakeup(new ManualClock()).wait(500, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(wait).rejects.toThrow('stopped');
  });
});
