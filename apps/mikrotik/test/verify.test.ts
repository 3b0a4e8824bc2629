import { listBy } from '@bouncer/testkit';
import type { HeldRow } from '../src/address-list.ts';
import { startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { ManualClock, type Network } from '@bouncer/stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { MikrotikTarget } from '../src/target.ts';
import { addresses, apply, calm, entry, targetFor } from './fixture.ts';

interface Bench {
  readonly router: RouterOsSandbox;
  readonly target: MikrotikTarget;
  readonly clock: ManualClock;
  readonly held: Map<Network, HeldRow>;
}

/** A router that holds ten entries, and some rows of others. */
async function bench(seconds = 3600): Promise<Bench> {
  const clock = new ManualClock();
  const router = await startRouterOs({ clock });
  const target = targetFor(router, clock);
  onTestFinished(async () => {
    await target.close();
    await router.close();
  });
  router.addRow({ list: 'crowdsec', address: '192.0.2.1', comment: 'by hand' });
  router.addRow({ list: 'crowdsec', address: '192.0.2.2', comment: 'by hand', disabled: true });
  router.addRow({ list: 'crowdsec', address: '192.0.2.10-192.0.2.20', comment: 'by hand' });
  await target.open(calm);
  await listBy(target, calm);
  const wanted = [...addresses(8), '2001:db8::1', '2001:db8:1::/48'];
  await apply(target, { create: wanted.map((network) => entry(clock, network, seconds)) });
  const { held } = await listBy(target, calm);
  expect(held.size).toBe(10);
  return { router, target, clock, held };
}

describe('verify', () => {
  it('is content while everything is there, and asks small questions', async () => {
    const { router, target, held } = await bench();
    router.counters.reset();
    expect(await target.verify(held, calm)).toBe(true);
    // The uptime, four rows of IPv4, two of IPv6, and two counts.
    expect(router.counters.commands).toBe(9);
    expect(router.commands.slice(-2).every(({ attributes }) => 'count-only' in attributes)).toBe(true);
  });

  it.each<[string, (router: RouterOsSandbox) => void]>([
    ['the list was emptied', (router) => void router.wipe('crowdsec')],
    [
      'a row was removed',
      (router) => {
        router.removeRow(6, router.rows(6)[0]!.id);
      },
    ],
    [
      'a row was disabled',
      (router) => {
        router.disableRow(4, router.rows(4).at(-1)!.id);
      },
    ],
    [
      'a row moved to another list',
      (router) => {
        router.editRow(4, router.rows(4).at(-1)!.id, { list: 'other' });
      },
    ],
    ['somebody added a row', (router) => void router.addRow({ list: 'crowdsec', address: '192.0.2.99' })],
    [
      "somebody's row went",
      (router) => {
        router.removeRow(4, router.rows(4)[0]!.id);
      },
    ],
  ])('sees that %s', async (_, change) => {
    const { router, target, held } = await bench();
    change(router);
    expect(await target.verify(held, calm)).toBe(false);
    const again = await listBy(target, calm);
    expect(await target.verify(again.held, calm)).toBe(true);
  });

  it('is not misled by entries that end about now', async () => {
    const { router, target, clock, held } = await bench(60);
    await clock.advance(57_000);
    expect(await target.verify(held, calm)).toBe(true);
    await clock.advance(5000);
    expect(router.rows().filter(({ dynamic }) => dynamic)).toEqual([]);
    expect(await target.verify(held, calm)).toBe(true);
    await clock.advance(3_600_000);
    expect(await target.verify(held, calm)).toBe(true);
  });

  it('counts what has changed since the last listing', async () => {
    const { target, clock, held } = await bench();
    const [first, ...rest] = held.values();
    const told = await apply(target, { create: [entry(clock, '203.0.113.1')], delete: [first!] });
    held.delete(first!.network);
    for (const [network, added] of told.held) held.set(network, added);
    expect(rest.length + 1).toBe(held.size);
    expect(await target.verify(held, calm)).toBe(true);
  });

  it('takes rows that must go into account until they are gone', async () => {
    const { router, target } = await bench();
    const address = '203.0.113.10-203.0.113.20';
    router.addRow({ list: 'crowdsec', address, comment: 'crowdsec-bouncer CAPI ssh' });
    const { held, strays } = await listBy(target, calm);
    expect(await target.verify(held, calm)).toBe(true);
    await apply(target, { delete: strays });
    expect(router.addressesOf('crowdsec')).not.toContain(address);
    expect(await target.verify(held, calm)).toBe(true);
  });

  it('sees a reboot by the connection, and by the uptime', async () => {
    const { router, target, clock, held } = await bench();
    await clock.advance(60_000);
    expect(await target.verify(held, calm)).toBe(true);
    router.reboot();
    await vi.waitUntil(() => router.connections === 0);
    await expect(target.verify(held, calm)).rejects.toThrow();
    await target.open(calm);
    expect((await listBy(target, calm)).held.size).toBe(0);
  });
});
