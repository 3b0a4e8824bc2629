import { listBy } from '@bouncer/testkit';
import { startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { ManualClock, type Network } from '@bouncer/stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { HeldRow } from '../src/address-list.ts';
import type { MikrotikTarget } from '../src/target.ts';
import { addresses, apply, calm, entry, targetFor } from './fixture.ts';

/** What a look takes on the router of these tests, in milliseconds of the clock. */
const LOOK_MS = 10_000;

/** Everything that a test works with. */
interface Bench {
  readonly router: RouterOsSandbox;
  readonly target: MikrotikTarget;
  readonly clock: SlowLookClock;
  readonly known: Map<Network, HeldRow>;
}

/** Time passes while the router looks through a menu as well. */
class SlowLookClock extends ManualClock {
  router: RouterOsSandbox | undefined;

  override now(): number {
    return super.now() + (this.router?.counters.scans ?? 0) * LOOK_MS;
  }
}

/** A router on which a look takes ten seconds, and what is held there after the first. */
async function bench(count = 50): Promise<Bench> {
  const clock = new SlowLookClock();
  const router = await startRouterOs({ clock });
  const target = targetFor(router, clock, { families: [4] });
  onTestFinished(async () => {
    await target.close();
    await router.close();
  });
  await target.open(calm);
  expect(router.counters.scans).toBe(0);
  clock.router = router;
  const known = (await listBy(target, calm)).held;
  const told = await apply(target, { create: addresses(count).map((network) => entry(clock, network, 86_400)) });
  return { router, target, clock, known: new Map([...known, ...told.held]) };
}

/** What the engine knows, kept as it keeps it. */
async function held(target: MikrotikTarget, known?: ReadonlyMap<Network, HeldRow>): Promise<Map<Network, HeldRow>> {
  const current = await target.list(calm, known);
  return current.held;
}

describe('looks on a router where they cost ten seconds', () => {
  it('are made at most one fiftieth of the time, whatever is asked how often', async () => {
    const { router, target, clock, known: first } = await bench();
    let known = first;
    const [scans, from] = [router.counters.scans, clock.now()];
    let lookedAt = from;
    for (let minute = 0; minute < 60; minute++) {
      const before = router.counters.scans;
      await clock.advance(20_000);
      expect(await target.verify(known, calm)).toBe(true);
      await clock.advance(40_000);
      const isDue = clock.now() - lookedAt > 650_000;
      known = await held(target, known);
      if (!isDue && router.connections === 1) continue;
      await vi.waitUntil(() => router.counters.scans > before && router.connections === 1);
      lookedAt = clock.now();
    }
    expect(known.size).toBe(50);
    const made = router.counters.scans - scans;
    expect(made).toBeGreaterThan(2);
    expect((made * LOOK_MS) / (clock.now() - from)).toBeLessThanOrEqual(0.02);
  });

  it('are not needed to notice that the list was emptied: all of it is written anew', async () => {
    const { router, target, known } = await bench();
    const { scans } = router.counters;
    router.wipe('crowdsec');
    expect(await target.verify(known, calm)).toBe(false);
    expect((await held(target, known)).size).toBe(0);
    expect(router.counters.scans).toBe(scans);
  });

  it('are made aside, and what is written meanwhile is known afterwards', async () => {
    const { router, target, clock, known } = await bench();
    await clock.advance(601_000);
    router.pace.scanUsPerRow = 20_000;
    const current = await held(target, known);
    expect(current.size).toBe(50);
    const [first] = current.values();
    const told = await apply(target, { create: [entry(clock, '203.0.113.1')], delete: [first!] });
    expect(router.addressesOf('crowdsec')).toContain('203.0.113.1');
    expect(router.counters.scans).toBe(1);
    for (const [network, row] of told.held) current.set(network, row);
    current.delete(first!.network);
    await vi.waitUntil(() => router.counters.scans === 2 && router.connections === 1, { timeout: 10_000 });
    expect(await held(target, current)).toEqual(current);
  });

  it('are not made anew behind a connection that was lost, unless the router was restarted', async () => {
    const { router, target, clock, known } = await bench();
    await clock.advance(60_000);
    expect(await target.verify(known, calm)).toBe(true);
    router.kill();
    await vi.waitUntil(() => router.connections === 0);
    await target.open(calm);
    expect((await held(target, known)).size).toBe(50);
    expect(router.counters.scans).toBe(1);
    router.reboot();
    await vi.waitUntil(() => router.connections === 0);
    await target.open(calm);
    expect((await held(target, known)).size).toBe(0);
    expect(router.counters.scans).toBe(2);
  });

  it('an address that somebody has in the list counts as blocked until the next one is due, and is looked at then', async () => {
    const { router, target, clock, known } = await bench();
    router.addRow({ list: 'crowdsec', address: '203.0.113.9', timeout: '1h' });
    const told = await apply(target, { create: [entry(clock, '203.0.113.9')] });
    expect(told.refusals.size).toBe(0);
    expect(told.held.get('203.0.113.9' as Network)?.ref).toBeUndefined();
    expect(router.counters.scans).toBe(1);
    // Not green for what nobody has seen: the verdict is `partly` until then.
    const beliefs = () => target.concerns().filter(({ seen }) => seen.includes('stood in the list already'));
    expect(beliefs()).toMatchObject([{ level: 'warn' }]);
    await clock.advance(700_000);
    expect(await target.verify(new Map([...known, ...told.held]), calm)).toBe(false);
    // Whatever that costs: the row might be switched off, and block nobody.
    const again = await apply(target, { create: [entry(clock, '203.0.113.9')] });
    expect([again.refusals.size, router.counters.scans]).toEqual([0, 2]);
    expect(again.held.has('203.0.113.9' as Network)).toBe(true);
    expect(beliefs()).toEqual([]);
  });
});

describe('a router that looks through its menu for longer than it may be silent', () => {
  it('is waited for as long as another connection shows that it lives', async () => {
    const clock = new ManualClock();
    await using router = await startRouterOs({ clock });
    for (const address of addresses(100)) router.addRow({ list: 'other', address });
    const target = targetFor(router, clock, { families: [4] });
    await target.open(calm);
    router.pace.scanUsPerRow = 20_000;
    const listing = listBy(target, calm);
    for (let passed = 0; passed < 110_000; passed += 11_000) {
      const { logins } = router.counters;
      await clock.advance(11_000);
      await vi.waitUntil(() => router.counters.logins > logins && router.connections === 1);
    }
    expect((await listing).held.size).toBe(0);
    await target.close();
  });
});
