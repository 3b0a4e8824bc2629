import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { withTimeout } from './with-timeout.ts';

const late = () => new Error('too late');
const never = () => new Promise<never>(() => undefined);

describe('withTimeout', () => {
  it('gives what the work gives, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    expect(await withTimeout(() => Promise.resolve(7), 1000, clock, undefined, late)).toBe(7);
    expect(clock.sleeping).toBe(0);
  });

  it('rejects as the work does, and leaves no timer behind', async () => {
    const clock = new ManualClock();
    const broken = () => Promise.reject(new Error('broken'));
    await expect(withTimeout(broken, 1000, clock, undefined, late)).rejects.toThrow('broken');
    expect(clock.sleeping).toBe(0);
  });

  it('rejects when the work throws at once, and leaves nothing behind that nobody catches', async () => {
    const clock = new ManualClock();
    const broken = (): Promise<never> => {
      throw new Error('broken at once');
    };
    await expect(withTimeout(broken, 1000, clock, undefined, late)).rejects.toThrow('broken at once');
    expect(clock.sleeping).toBe(0);
  });

  it('gives up work that does not listen when the time is up, not before', async () => {
    const clock = new ManualClock();
    let ended = '';
    const wait = withTimeout(never, 1000, clock, undefined, late).catch((error: unknown) => {
      ended = String(error);
    });
    await clock.advance(999);
    expect(ended).toBe('');
    await clock.advance(1);
    await wait;
    expect(ended).toBe('Error: too late');
  });

  it('tells the work, whose own words for it do not count', async () => {
    const clock = new ManualClock();
    const listening = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('socket hang up'));
        });
      });
    const wait = expect(withTimeout(listening, 1000, clock, undefined, late)).rejects.toThrow('too late');
    await clock.advance(1000);
    await wait;
  });

  it('ends with the reason of the signal', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const wait = withTimeout(never, 1000, clock, stop.signal, late);
    stop.abort(new Error('stopped'));
    await expect(wait).rejects.toThrow('stopped');
    await expect(withTimeout(never, 1000, clock, stop.signal, late)).rejects.toThrow('stopped');
    expect(clock.sleeping).toBe(0);
  });
});
