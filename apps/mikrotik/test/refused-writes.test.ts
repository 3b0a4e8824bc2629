import { listBy } from '@bouncer/testkit';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { addresses, apply, calm, entry } from './fixture.ts';
import { bench, rowOf } from './written-bench.ts';

describe('a router that is full', () => {
  it.each(['failure: out of memory', 'failure: nobody knows this text'])(
    'tells how much fits, in whatever words (%s), and what goes makes room for what comes',
    async (words) => {
      const { router, target, clock } = await bench();
      const capabilities = await target.open(calm);
      await listBy(target, calm);
      expect([capabilities.room, capabilities.isFull]).toEqual([undefined, false]);
      router.entriesLimit = 2;
      router.fullWords = words;
      const told = await apply(target, { create: addresses(5).map((address) => entry(clock, address)) });
      expect([told.held.size, told.refusals.size]).toEqual([2, 0]);
      expect([capabilities.room, capabilities.isFull]).toEqual([2, true]);
      expect(target.concerns().map(({ seen }) => seen)).toContain(
        `the router takes no more than 2 entries: it says "${words}"`,
      );
      const [first] = told.held.values();
      await apply(target, { create: [entry(clock, '203.0.113.1')], delete: [first!] }, told);
      expect(router.addressesOf('crowdsec')).toEqual(['198.18.0.1', '203.0.113.1']);
      await clock.advance(601_000);
      expect(capabilities.room).toBeUndefined();
    },
  );

  it('is asked once and not for each entry', async () => {
    const { router, target, clock } = await bench({ entriesLimit: 2 });
    await apply(target, { create: addresses(1000).map((address) => entry(clock, address)) });
    expect(router.counters.traps).toBeLessThan(520);
  });
});

describe('an end that the router does not let us move', () => {
  it('is tried again while the row lives, and near its end another row takes its place', async () => {
    const { router, target, clock } = await bench();
    const told = await apply(target, { create: [entry(clock, '203.0.113.1', 3600)] });
    router.refuseWrites('set', 'failure: dynamic entries cannot be changed');
    const network = '203.0.113.1' as Network;
    const update = () => ({ update: [{ entry: entry(clock, network, 7200), held: told.held.get(network)! }] });
    await apply(target, update(), told);
    expect([rowOf(router, network)?.timeout, told.refusals.size]).toEqual([3600, 0]);
    expect(
      target
        .concerns()
        .map(({ seen }) => seen)
        .join(),
    ).toContain('dynamic entries cannot be changed');
    await clock.advance(3_100_000);
    await apply(target, update(), told);
    expect([rowOf(router, network)?.timeout, told.held.get(network)?.ref]).toEqual([7200, 2]);
  });

  it('is moved by a command that names nothing else', async () => {
    const { router, target, clock } = await bench();
    const told = await apply(target, { create: [entry(clock, '203.0.113.1', 3600)] });
    const update = [{ entry: entry(clock, '203.0.113.1', 7200), held: told.held.get('203.0.113.1' as Network)! }];
    await apply(target, { update }, told);
    expect(router.commands.at(-1)?.attributes).toEqual({ '.id': '*1', timeout: '2h' });
  });
});
