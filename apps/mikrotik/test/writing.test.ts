import { listBy } from '@bouncer/testkit';
import type { Policy } from '@bouncer/sandbox';
import { AuthError, type Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { Told, addresses, apply, calm, entry } from './fixture.ts';
import { bench, rowOf } from './written-bench.ts';

describe('what is written', () => {
  it('are dynamic rows with the remaining time, our mark, and nothing to be read as words', async () => {
    const { router, target, clock } = await bench();
    const hostile = {
      ...entry(clock, '203.0.113.7', 90),
      origin: 'x\n=list=other',
      scenario: '$[/system/reboot]\u0000é',
    };
    await apply(target, { create: [hostile, entry(clock, '2001:db8::1', 86_400), entry(clock, '198.51.100.0/24')] });
    const rows = router
      .rows()
      .map(({ address, list, timeout, dynamic, comment }) => ({ address, list, timeout, dynamic, comment }));
    expect(rows).toEqual([
      {
        address: '203.0.113.7',
        list: 'crowdsec',
        timeout: 90,
        dynamic: true,
        comment: 'crowdsec-bouncer x?=list=other $[/system/reboot]??',
      },
      {
        address: '198.51.100.0/24',
        list: 'crowdsec',
        timeout: 3600,
        dynamic: true,
        comment: 'crowdsec-bouncer CAPI ssh',
      },
      {
        address: '2001:db8::1/128',
        list: 'crowdsec',
        timeout: 86_400,
        dynamic: true,
        comment: 'crowdsec-bouncer CAPI ssh',
      },
    ]);
  });

  it('asks for no more time than RouterOS can give', async () => {
    const { router, target, clock } = await bench();
    await apply(target, { create: [entry(clock, '203.0.113.7', 400 * 86_400)] });
    expect(rowOf(router, '203.0.113.7')?.timeout).toBe(21_474_836);
  });

  it('asks for no more than MIKROTIK_MAX_TTL, and says so, that rows are lengthened in time', async () => {
    const { router, target, clock } = await bench({}, { maxTtl: 1800 });
    expect((await target.open(calm)).maxTimeout).toBe(1800);
    await listBy(target, calm);
    const told = await apply(target, { create: [entry(clock, '203.0.113.7', 86_400)] });
    expect(rowOf(router, '203.0.113.7')?.timeout).toBe(1800);
    await clock.advance(900_000);
    const [held] = told.held.values();
    await apply(target, { update: [{ entry: entry(clock, '203.0.113.7', 85_500), held: held! }] });
    expect(rowOf(router, '203.0.113.7')?.timeout).toBe(1800);
  });

  it('takes one command for each entry, and none to look anything up', async () => {
    const { router, target, clock } = await bench();
    router.counters.reset();
    const told = await apply(target, { create: addresses(300).map((address) => entry(clock, address)) });
    expect(router.counters.commands).toBe(300);
    expect(router.counters.maxInFlight).toBeGreaterThan(4);
    expect(router.counters.maxInFlight).toBeLessThanOrEqual(512);
    const ids = new Map(router.rows().map((row) => [row.address, Number.parseInt(row.id.slice(1), 16)]));
    for (const [network, held] of told.held) expect(held.ref).toBe(ids.get(network));
  });

  it('is in the order given, and nothing is removed before all else is there', async () => {
    const { router, target, clock } = await bench();
    const [range, ...pieces] = ['198.18.0.0/22', ...addresses(200)].map((network) => entry(clock, network));
    const told = await apply(target, { create: [range!] });
    await apply(target, { create: pieces, delete: [...told.held.values()] }, told);
    const commands = router.commands.filter(({ command }) => /\/(add|remove)$/.test(command));
    const added = commands.map(({ attributes }) => attributes['address']).filter(Boolean);
    expect(added).toEqual([range!, ...pieces].map(({ network }) => network));
    expect(commands.at(-1)?.command).toBe('/ip/firewall/address-list/remove');
    expect(told.order.at(-1)).toBe('-198.18.0.0/22');
  });

  it('is refused for one entry only when the router does not take that one, and its words are told', async () => {
    const { router, target, clock } = await bench();
    router.refuseWrites('add', 'failure: it is what it is', (attributes) => attributes['address'] === '198.18.0.1');
    const told = await apply(target, { create: addresses(3).map((address) => entry(clock, address)) });
    expect([...told.held.keys()]).toEqual(['198.18.0.0', '198.18.0.2']);
    expect([...told.refusals]).toEqual([['198.18.0.1', 'failure: it is what it is']]);
    expect(target.concerns().map(({ seen }) => seen)).toContain(
      'the router refuses 198.18.0.1: it says "failure: it is what it is"',
    );
  });

  it.each(['create', 'delete'] as const)('fails with the name of the policy that is missing (%s)', async (kind) => {
    const policies: Policy[] = ['read', 'api', 'write'];
    const { router, target, clock } = await bench({ users: [{ name: 'crowdsec', password: 'secret', policies }] });
    policies.pop();
    router.addRow({ list: 'crowdsec', address: '203.0.113.1', timeout: '1h', comment: 'crowdsec-bouncer CAPI ssh' });
    const { held } = await listBy(target, calm);
    const changes = kind === 'create' ? { create: [entry(clock, '203.0.113.9')] } : { delete: [...held.values()] };
    const attempt = apply(target, changes);
    await expect(attempt).rejects.toBeInstanceOf(AuthError);
    await expect(attempt).rejects.toThrow(/`write`/);
  });
});

describe('an address that is in the list already', () => {
  it('is ours when the reply to an earlier add was lost: it is given its end', async () => {
    const { router, target, clock } = await bench();
    router.addRow({ list: 'crowdsec', address: '203.0.113.1', timeout: '5m', comment: 'crowdsec-bouncer CAPI ssh' });
    const told = await apply(target, { create: [entry(clock, '203.0.113.1')] });
    expect(rowOf(router, '203.0.113.1')?.timeout).toBe(3600);
    expect(told.held.get('203.0.113.1' as Network)?.ref).toBe(1);
  });

  it('is blocked by a row of somebody else as long as that lives, and that row is never touched', async () => {
    const { router, target, clock } = await bench();
    router.addRow({ list: 'crowdsec', address: '203.0.113.1', comment: 'by hand' });
    router.addRow({ list: 'crowdsec', address: '203.0.113.2', timeout: '10m' });
    const before = router.rows();
    const wanted = ['203.0.113.1', '203.0.113.2'].map((network) => entry(clock, network));
    const told = await apply(target, { create: wanted });
    const ends = [...told.held.values()].map(({ expiresAt, ref }) => [expiresAt, ref]);
    expect(ends).toEqual([
      [Infinity, undefined],
      [wanted[0]!.expiresAt - 3000, undefined],
    ]);
    expect(router.rows()).toEqual(before);

    const { held } = await listBy(target, calm);
    expect([...held.keys()]).toEqual(['203.0.113.1', '203.0.113.2']);
    router.counters.reset();
    await apply(target, { update: [{ entry: wanted[1]!, held: held.get('203.0.113.2' as Network)! }] });
    expect(router.counters.entriesTouched).toBe(0);
    expect(await target.verify(held, calm)).toBe(true);

    await clock.advance(601_000);
    expect(await target.verify(held, calm)).toBe(false);
    const later = await listBy(target, calm);
    expect([...later.held.keys()]).toEqual(['203.0.113.1']);
    await apply(target, { create: [wanted[1]!] });
    expect(rowOf(router, '203.0.113.2')?.comment).toContain('crowdsec-bouncer');
  });

  it('is read once, however many there are, and not at all when the rows were seen before', async () => {
    const { router, target, clock } = await bench();
    const wanted = addresses(100).map((network) => entry(clock, network));
    for (const { network } of wanted) router.addRow({ list: 'crowdsec', address: network });
    router.counters.reset();
    await apply(target, { create: wanted });
    expect([router.counters.prints, router.counters.commands]).toEqual([2, 102]);
    await listBy(target, calm);
    router.counters.reset();
    const told = await apply(target, { create: wanted });
    expect([told.held.size, router.counters.commands]).toEqual([100, 0]);
  });

  it('cannot be blocked behind a disabled row of somebody else, and that is said', async () => {
    const { router, target, clock } = await bench();
    router.addRow({ list: 'crowdsec', address: '203.0.113.1', disabled: true });
    const told = await apply(target, { create: [entry(clock, '203.0.113.1')] });
    expect(told.refusals.get('203.0.113.1' as Network)).toMatch(/disabled entry that this connector has not made/);
    expect(rowOf(router, '203.0.113.1')?.disabled).toBe(true);
  });

  it('is woken up when the row is ours and disabled, also while it is about to be cleaned away', async () => {
    const { router, target, clock } = await bench();
    router.addRow({
      list: 'crowdsec',
      address: '203.0.113.1',
      timeout: '5m',
      disabled: true,
      comment: 'crowdsec-bouncer x y',
    });
    const { held, strays } = await listBy(target, calm);
    expect([held.size, strays.length]).toEqual([0, 1]);
    const told = await apply(target, { create: [entry(clock, '203.0.113.1')], delete: strays });
    expect(rowOf(router, '203.0.113.1')).toMatchObject({ disabled: false, timeout: 3600 });
    expect(told.held.size).toBe(1);
  });
});

describe('removals', () => {
  it.each(['before', 'none', 'random'] as const)(
    'name 50 rows at once, and the rest one by one when one is gone (%s)',
    async (partialBatch) => {
      const { router, target, clock } = await bench({ partialBatch });
      const told = await apply(target, { create: addresses(170).map((network) => entry(clock, network)) });
      const gone = router.rows()[60]!;
      router.removeRow(4, gone.id);
      router.counters.reset();
      await apply(target, { delete: [...told.held.values()] }, told);
      expect(told.held.size).toBe(0);
      expect(router.rows()).toEqual([]);
      expect(router.counters.commands).toBe(4 + 50);
    },
  );

  it('never touch what is not ours, in either family, whatever was there', async () => {
    const { router, target, clock } = await bench();
    for (const address of ['203.0.113.1', '203.0.113.10-203.0.113.20', 'example.com', '2001:db8::1']) {
      router.addRow({ list: 'crowdsec', address, comment: 'by hand' });
      router.addRow({ list: 'other', address, comment: 'crowdsec-bouncer CAPI ssh' });
    }
    const before = router.rows();
    await apply(target, { create: [...addresses(60), '2001:db8::2'].map((network) => entry(clock, network)) });
    router.addRow({ list: 'crowdsec', address: 'example.org', comment: 'crowdsec-bouncer CAPI ssh' });
    const { held, strays } = await listBy(target, calm);
    expect([held.size, strays.length]).toEqual([61, 1]);
    await target.purge(calm);
    await apply(target, { delete: [...held.values(), ...strays] });
    expect(router.rows()).toEqual(before);
  });

  it('come in one piece with an update of a row that has ended meanwhile', async () => {
    const { router, target, clock } = await bench();
    const told = await apply(target, { create: [entry(clock, '203.0.113.1', 60), entry(clock, '203.0.113.2')] });
    const held = told.held.get('203.0.113.1' as Network)!;
    await clock.advance(61_000);
    await apply(target, { update: [{ entry: entry(clock, '203.0.113.1'), held }] }, told);
    expect(rowOf(router, '203.0.113.1')?.timeout).toBe(3600);
    expect(told.held.get('203.0.113.1' as Network)?.ref).not.toBe(held.ref);
  });

  it('are not done by ids of an earlier connection', async () => {
    const { router, target, clock } = await bench();
    const told = await apply(target, { create: [entry(clock, '203.0.113.1')] });
    router.reboot();
    await target.open(calm);
    router.addRow({ list: 'crowdsec', address: '203.0.113.99', comment: 'by hand' });
    const stale = new Told();
    await expect(apply(target, { delete: [...told.held.values()] }, stale)).rejects.toThrow(/read first/);
    expect(router.addressesOf('crowdsec')).toEqual(['203.0.113.99']);
    expect(stale.order).toEqual([]);
  });
});
