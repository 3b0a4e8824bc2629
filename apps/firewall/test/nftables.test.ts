import { listBy } from '@bouncer/testkit';
import { silentLogger } from '@bouncer/target';
import { until } from '@bouncer/sandbox';
import { instantNow, systemClock, type Entry, type Network } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FirewallSettings } from '../src/config.ts';
import { NftablesTarget } from '../src/nftables/target.ts';
import { apply, calm, CountedPrograms, entry, firewallOf } from './fixture.ts';
import { kernelMissing, Namespace } from './namespace.ts';

const reason = kernelMissing();

interface Bench {
  readonly namespace: Namespace;
  readonly programs: CountedPrograms;
  readonly target: (more?: Partial<FirewallSettings>) => NftablesTarget;
}

async function bench(): Promise<Bench> {
  const namespace = await Namespace.create();
  onTestFinished(() => namespace[Symbol.asyncDispose]());
  const programs = new CountedPrograms(namespace);
  return {
    namespace,
    programs,
    target: (more = {}) => new NftablesTarget(firewallOf(more), systemClock, silentLogger, programs.run),
  };
}

/** A target that was opened and listed, as the controller does before it writes. */
async function ready(target: NftablesTarget): Promise<NftablesTarget> {
  await target.open(calm);
  await listBy(target, calm);
  return target;
}

async function endsOf(target: NftablesTarget): Promise<Record<string, number>> {
  const { held } = await listBy(target, calm);
  const now = instantNow(systemClock);
  return Object.fromEntries([...held.values()].map(({ network, expiresAt }) => [network, expiresAt - now]));
}

describe.skipIf(reason !== undefined)(`nftables in the kernel (${reason ?? 'ready'})`, () => {
  it('enforces a range as a range', async () => {
    const { namespace, target } = await bench();
    await apply(await ready(target()), { create: [entry('198.51.100.0/24')] });
    const listing = await namespace.run('nft list set inet crowdsec crowdsec_capi4_ranges');
    expect(listing).toContain('198.51.100.0/24 timeout 1h');
  });

  it("lengthens the kernel's timeout when a ban is extended", async () => {
    const { target } = await bench();
    const kernel = await ready(target());
    await apply(kernel, { create: [entry('198.51.100.7', 20), entry('203.0.113.0/24', 20)] });
    const { held } = await listBy(kernel, calm);
    const longer = [entry('198.51.100.7', 3600), entry('203.0.113.0/24', 3600)];
    await apply(kernel, { update: longer.map((each) => ({ entry: each, held: held.get(each.network)! })) });
    const ends = await endsOf(kernel);
    expect(ends['198.51.100.7']).toBeGreaterThan(3500);
    expect(ends['203.0.113.0/24']).toBeGreaterThan(3500);
  });

  it('lets a contained longer ban outlive the wider one, and a single the range around it', async () => {
    const { target, namespace } = await bench();
    const kernel = await ready(target());
    const create = [entry('198.51.100.0/24', 2), entry('198.51.100.64/26', 3600), entry('198.51.100.9', 3600)];
    await apply(kernel, { create });
    expect(Object.keys(await endsOf(kernel)).sort()).toEqual(['198.51.100.0/24', '198.51.100.64/26', '198.51.100.9']);
    await until('the wide one has ended', async () => !('198.51.100.0/24' in (await endsOf(kernel))));
    expect(Object.keys(await endsOf(kernel)).sort()).toEqual(['198.51.100.64/26', '198.51.100.9']);
    const listing = await namespace.run('nft list set inet crowdsec crowdsec_capi4_ranges');
    expect(listing).toContain('198.51.100.64/26');
    expect(listing).not.toContain('198.51.100.0-');
  });

  it('reads overlapping ranges back as they were, so that a restart writes nothing', async () => {
    const { target, programs } = await bench();
    const wanted = [
      entry('45.0.0.0/8', 4000),
      entry('45.0.0.0/16', 5000),
      entry('45.1.0.0/16', 3000),
      entry('45.255.255.0/24', 6000),
      entry('2a01::/20', 4000),
      entry('2a01:4f8::/32', 3000),
    ];
    await apply(await ready(target()), { create: wanted });
    const writes = programs.writes;
    const again = target();
    await again.open(calm);
    const { held, strays, needsApply } = await listBy(again, calm);
    expect([strays, needsApply]).toEqual([[], false]);
    expect([...held.keys()].sort()).toEqual(wanted.map(({ network }) => network as string).sort());
    for (const { network, expiresAt } of wanted) {
      expect(Math.abs((held.get(network)?.expiresAt ?? 0) - expiresAt)).toBeLessThanOrEqual(2);
    }
    expect(programs.writes).toBe(writes);
  });

  it('counts a part of an overlap that somebody took away as it stands', async () => {
    const { target, namespace } = await bench();
    await apply(await ready(target()), { create: [entry('45.0.0.0/8', 4000), entry('45.1.0.0/16', 5000)] });
    await namespace.run('nft delete element inet crowdsec crowdsec_capi4_ranges { 45.1.0.0/16 }');
    const kernel = target();
    await kernel.open(calm);
    const { held } = await listBy(kernel, calm);
    expect(held.has('45.1.0.0/16' as Network)).toBe(false);
    expect(held.has('45.0.0.0/8' as Network)).toBe(false);
    expect(held.has('45.128.0.0/9' as Network)).toBe(true);
  });

  it('clamps what lasts longer than the kernel can count', async () => {
    const { target } = await bench();
    const kernel = await ready(target());
    const told = await apply(kernel, { create: [entry('198.51.100.7', 9e9)] });
    expect(told.written.get('198.51.100.7' as Network)!.expiresAt).toBeLessThan(instantNow(systemClock) + 3.2e9);
    expect((await endsOf(kernel))['198.51.100.7']).toBeGreaterThan(3.1e9);
  });

  it('moves an entry whose origin has changed, and holds it once', async () => {
    const { target } = await bench();
    const kernel = await ready(target());
    await apply(kernel, { create: [entry('198.51.100.7'), entry('203.0.113.0/24')] });
    const { held } = await listBy(kernel, calm);
    const local = (network: string): Entry => ({ ...entry(network, 7200), origin: 'crowdsec' });
    const update = ['198.51.100.7', '203.0.113.0/24'].map((network) => ({
      entry: local(network),
      held: held.get(network as Network)!,
    }));
    await apply(kernel, { update });
    const after = await listBy(kernel, calm);
    expect([...after.held.values()].map(({ ref }) => ref).sort()).toEqual([
      'crowdsec_local4',
      'crowdsec_local4_ranges',
    ]);
    expect(after.strays).toEqual([]);
  });

  it('tells the later of two equal entries as held and the other as strays, and can remove that', async () => {
    const { target, namespace } = await bench();
    const kernel = await ready(target());
    await apply(kernel, { create: [entry('198.51.100.7', 600)] });
    await namespace.run('nft add element inet crowdsec crowdsec_lists4 { 198.51.100.7 timeout 1h }');
    const { held, strays } = await listBy(kernel, calm);
    expect(held.get('198.51.100.7' as Network)?.ref).toBe('crowdsec_lists4');
    expect(strays.map(({ ref }) => ref)).toEqual(['crowdsec_capi4']);
    await apply(kernel, { delete: strays });
    expect((await listBy(kernel, calm)).strays).toEqual([]);
    expect(Object.keys(await endsOf(kernel))).toEqual(['198.51.100.7']);
  });

  it('counts what it drops by family and origin', async () => {
    const { target, namespace } = await bench();
    const kernel = await ready(target());
    await apply(kernel, { create: [{ ...entry('127.0.0.9'), origin: 'crowdsec' }, entry('127.0.9.0/24')] });
    for (const from of ['127.0.0.9', '127.0.9.9']) {
      await expect(namespace.run(`ping -n -c 1 -W 0.2 -I ${from} 127.0.0.1`)).rejects.toThrow();
    }
    const counters = await kernel.counters(calm);
    expect(counters).toContainEqual({ family: 4, origin: 'crowdsec', packets: 1, bytes: 84 });
    expect(counters).toContainEqual({ family: 4, origin: 'CAPI', packets: 1, bytes: 84 });
    expect(counters.filter(({ origin }) => origin !== undefined)).toHaveLength(6);
    expect(counters).toContainEqual(expect.objectContaining({ family: 4, processedPackets: 2, processedBytes: 168 }));
  });
});
