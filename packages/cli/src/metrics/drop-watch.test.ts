import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { MemoryTarget, type DropCounters } from '@bouncer/target';
import { DropWatch } from './drop-watch.ts';

class Device extends MemoryTarget {
  asked = 0;
  packets = 1;
  answer: Promise<void> | undefined;

  async counters(): Promise<readonly DropCounters[]> {
    this.asked += 1;
    await this.answer;
    return [{ family: 4, packets: this.packets, bytes: 0 }];
  }
}

describe('DropWatch', () => {
  it('asks a device once for all who want to know, and not again for a while', async () => {
    const clock = new ManualClock();
    const device = new Device({ name: 'a' });
    const watch = new DropWatch([device, new MemoryTarget({ name: 'does not count' })], clock);
    const [first] = await Promise.all([watch.read(), watch.read()]);
    await watch.read();
    expect(device.asked).toBe(1);
    expect([...first]).toEqual([['a', [{ family: 4, packets: 1, bytes: 0 }]]]);
    device.packets = 5;
    await clock.advance(10_000);
    expect((await watch.read()).get('a')?.[0]?.packets).toBe(5);
    expect(clock.sleeping).toBe(0);
  });

  it('keeps what a device said last when it does not answer in time, and takes no late answer', async () => {
    const clock = new ManualClock();
    const device = new Device({ name: 'a' });
    const watch = new DropWatch([device], clock);
    await watch.read();
    await clock.advance(10_000);
    let answerLate = (): void => undefined;
    device.answer = new Promise((resolve) => (answerLate = resolve));
    device.packets = 9;
    const reading = watch.read();
    await clock.advance(3000);
    expect((await reading).get('a')?.[0]?.packets).toBe(1);
    answerLate();
    await clock.advance(0);
    expect((await watch.read()).get('a')?.[0]?.packets).toBe(1);
  });
});
