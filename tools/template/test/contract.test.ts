import { targetContract, type TargetFixture } from '@bouncer/testkit';
import { ManualClock } from '@bouncer/stream';
import { MemoryDevice } from '../src/memory-device.ts';
import { ExampleTarget } from '../src/target.ts';

/** The same suite for every kind; call it once more for the real device. */
targetContract('Example, in memory', (): TargetFixture => {
  const clock = new ManualClock();
  const device = new MemoryDevice(clock);
  const list = 'crowdsec';
  return {
    target: new ExampleTarget({ address: '192.0.2.1', list }, device, clock),
    clock,
    // Given because rows end by themselves.
    advance: (milliseconds) => clock.advance(milliseconds),
    wipe: () => {
      device.wipe();
      return Promise.resolve();
    },
    // Given because the list can be shared: rows of other people survive all that we do.
    foreign: {
      add: async (address) => {
        await device.put(list, { address, comment: 'by hand', timeout: 86_400 }, new AbortController().signal);
      },
      list: async () =>
        (await device.rows(list, new AbortController().signal))
          .filter(({ comment }) => comment === 'by hand')
          .map(({ address }) => address),
    },
    writes: () => device.writes,
  };
});
