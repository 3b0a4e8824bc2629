import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { withStopDeadline } from './stop.ts';

const never = new Promise<number>(() => undefined);

describe('withStopDeadline', () => {
  it('gives what the work gives, and leaves nothing behind', async () => {
    const clock = new ManualClock();
    expect(await withStopDeadline(Promise.resolve(3), new AbortController().signal, clock, 0)).toBe(3);
    expect(clock.sleeping).toBe(0);
  });

  it('lets work fail', async () => {
    const work = Promise.reject(new Error('broken'));
    await expect(withStopDeadline(work, new AbortController().signal, new ManualClock(), 0)).rejects.toThrow('broken');
  });

  it('gives up nine seconds after the stop, and not before', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const ended = withStopDeadline(never, stop.signal, clock, 0);
    await clock.advance(60_000);
    stop.abort();
    await clock.advance(8_999);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);
    expect(await ended).toBe(0);
  });

  it('counts from now when the stop came first', async () => {
    const clock = new ManualClock();
    const ended = withStopDeadline(never, AbortSignal.abort(), clock, 7);
    await clock.advance(9_000);
    expect(await ended).toBe(7);
  });
});
