import { listBy } from '@bouncer/testkit';
import { startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { ManualClock, type Entry, type Network } from '@bouncer/stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removalText } from '../src/setup-removal.ts';
import { setupText } from '../src/setup.ts';
import type { MikrotikTarget } from '../src/target.ts';
import { apply, calm, entry, routerSettings, targetFor } from './fixture.ts';

const groupLists = ['local:cs-local', 'lists:cs-lists', 'community:cs-community'];
let router: RouterOsSandbox;
let clock: ManualClock;
const open: MikrotikTarget[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  router = await startRouterOs({ clock });
  return () => router[Symbol.asyncDispose]();
});
afterEach(async () => {
  for (const target of open.splice(0)) await target.close();
});

async function opened(more: Parameters<typeof targetFor>[2]) {
  const target = targetFor(router, clock, more);
  open.push(target);
  const capabilities = await target.open(calm);
  return { target, capabilities, held: (await listBy(target, calm)).held };
}

const from = (network: string, origin: string): Entry => ({ ...entry(clock, network), origin });
const placed = () =>
  router
    .rows()
    .map(({ list, address }) => `${list} ${address}`)
    .sort();

describe('a list for each group of origins', () => {
  it('gets what belongs in it, in both menus; what has none stays in the usual one', async () => {
    const { target } = await opened({ groupLists: groupLists.slice(0, 2), listIpv6: 'six' });
    const create = ['crowdsec', 'cscli', 'lists', 'CAPI'].map((origin, index) => from(`203.0.113.${index}`, origin));
    await apply(target, { create: [...create, from('2001:db8::1', 'crowdsec'), from('2001:db8::2', 'CAPI')] });
    expect(placed()).toEqual([
      'crowdsec 203.0.113.3',
      'cs-lists 203.0.113.2',
      'cs-local 2001:db8::1/128',
      'cs-local 203.0.113.0',
      'cs-local 203.0.113.1',
      'six 2001:db8::2/128',
    ]);
  });

  it('knows its rows on all of them again, and those that earlier settings left in the usual one', async () => {
    const before = await opened({});
    await apply(before.target, { create: [from('203.0.113.1', 'CAPI')] });
    const { target } = await opened({ groupLists });
    await apply(target, { create: [from('203.0.113.2', 'lists')] });
    const { held, capabilities } = await opened({ groupLists });
    const known = [...held.values()].map(({ network, place }) => [network, place]);
    expect(known.sort()).toEqual([
      ['203.0.113.1', 'crowdsec'],
      ['203.0.113.2', 'cs-lists'],
    ]);
    expect(capabilities.placeOf?.(from('203.0.113.1', 'CAPI'))).toBe('cs-community');
  });

  it('moves a row whose decision is of another group now, the new one first', async () => {
    const { target } = await opened({ groupLists });
    const told = await apply(target, { create: [from('203.0.113.1', 'CAPI')] });
    const held = told.held.get('203.0.113.1' as Network)!;
    router.counters.reset();
    const moved = await apply(target, { update: [{ entry: from('203.0.113.1', 'crowdsec'), held }] }, told);
    expect(placed()).toEqual(['cs-local 203.0.113.1']);
    expect(moved.held.get('203.0.113.1' as Network)?.place).toBe('cs-local');
    expect([router.counters.adds, router.counters.sets, router.counters.removes]).toEqual([1, 0, 1]);
    expect((await listBy(target, calm)).strays).toEqual([]);
    expect(await target.verify(moved.held, calm)).toBe(true);
  });

  it('sees at the next look that a row was moved by hand, and that rows of others in our lists stay', async () => {
    router.addRow({ list: 'cs-local', address: '198.51.100.1' });
    router.addRow({ list: 'cs-lists', address: '198.51.100.1' });
    const { target, held } = await opened({ groupLists });
    expect(held.size).toBe(0);
    const told = await apply(target, { create: [from('203.0.113.1', 'CAPI')] });
    expect(await target.verify(told.held, calm)).toBe(true);
    router.editRow(4, router.rows(4, 'cs-community')[0]!.id, { list: 'cs-local' });
    expect((await listBy(target, calm)).held.get('203.0.113.1' as Network)?.place).toBe('cs-local');
  });

  it('has a rule that is kept, and is named by check; purge takes rules of ours and leaves other connectors alone', async () => {
    const other = await opened({ manageRules: true, list: 'other' });
    await apply(other.target, { create: [from('203.0.113.9', 'CAPI')] });
    const { target } = await opened({ manageRules: true, groupLists, families: [4] });
    const told = await apply(target, { create: [from('203.0.113.1', 'CAPI')] });
    const lists = () =>
      router
        .rules()
        .map(({ settings }) => settings['src-address-list'])
        .sort();
    expect(lists()).toEqual(['cs-community', 'cs-lists', 'cs-local', 'other', 'other']);
    router.counters.reset();
    await target.verify(told.held, calm);
    const amiss = target.concerns().filter(({ seen }) => seen.startsWith('rule'));
    expect([router.counters.writes, amiss]).toEqual([0, []]);
    const steps = [];
    for await (const step of target.check(calm)) steps.push(step);
    expect(steps.filter(({ step }) => step.startsWith('rule')).map(({ step, ok }) => `${step} ${String(ok)}`)).toEqual(
      ['cs-local', 'cs-lists', 'cs-community'].map((name) => `rule ipv4 ${name} true`),
    );
    const [list] = steps.filter(({ step }) => step === 'list ipv4');
    expect(list?.seen).toBe('"crowdsec", "cs-local", "cs-lists", "cs-community" hold 1 of ours, 0 of others');
    await target.purge(calm);
    expect(lists()).toEqual(['other', 'other']);
  });

  it('stands in what setup prints, and in what takes it back', () => {
    const settings = { ...routerSettings(router, { groupLists, families: [4] }), tls: undefined };
    const ruled = [...setupText(settings).matchAll(/^\/ip firewall raw add .*src-address-list=(\S+)/gm)];
    expect(ruled.map(([, list]) => list)).toEqual(['cs-local', 'cs-lists', 'cs-community']);
    const emptied = [...removalText(settings).matchAll(/address-list remove \[find list=(\S+)/g)];
    expect(emptied.map(([, list]) => list)).toEqual(['crowdsec', 'cs-local', 'cs-lists', 'cs-community']);
  });
});

it('an IPv6 list of another name is the only one in its menu', async () => {
  const { target } = await opened({ listIpv6: 'six', manageRules: true });
  const told = await apply(target, { create: [from('203.0.113.1', 'CAPI'), from('2001:db8::1', 'crowdsec')] });
  expect(placed()).toEqual(['crowdsec 203.0.113.1', 'six 2001:db8::1/128']);
  expect(router.rules().map(({ family, settings }) => [family, settings['src-address-list']])).toEqual([
    [4, 'crowdsec'],
    [6, 'six'],
  ]);
  expect(await target.verify(told.held, calm)).toBe(true);
  expect([...(await listBy(target, calm)).held.keys()].sort()).toEqual(['2001:db8::1', '203.0.113.1']);
});
