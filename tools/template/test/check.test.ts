import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { MemoryDevice } from '../src/memory-device.ts';
import { ExampleTarget } from '../src/target.ts';

describe('check', () => {
  it('fails while no rule uses the list, and so does the verdict of a running connector', async () => {
    const clock = new ManualClock();
    const target = new ExampleTarget({ address: '192.0.2.1', list: 'crowdsec' }, new MemoryDevice(clock), clock);
    const { signal } = new AbortController();
    const levels: string[] = [];
    for await (const { step, level } of target.check(signal)) levels.push(`${level} ${step}`);
    expect(levels).toEqual(['ok login', 'ok list', 'fail rule']);
    await target.open(signal);
    expect(target.concerns()).toMatchObject([{ level: 'fail' }]);
  });
});
