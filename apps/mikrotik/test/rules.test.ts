import { listBy } from '@bouncer/testkit';
import type { RouterOsSandbox, RouterRule, RuleByHand } from '@bouncer/sandbox';
import { AuthError } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { apply, calm, entry, targetFor } from './fixture.ts';
import { COMMENT, bench } from './rule-bench.ts';

function managed(router: RouterOsSandbox): unknown[] {
  return router
    .rules()
    .filter(({ settings }) => settings['comment'] === COMMENT)
    .map(({ family, table, settings }) => [
      family,
      table,
      settings['chain'],
      settings['action'],
      settings['in-interface-list'],
      settings['src-address-list'],
      settings['disabled'],
    ]);
}

const KEPT = [4, 6].map((family) => [family, 'raw', 'prerouting', 'drop', 'WAN', 'crowdsec', 'false']);
const MANAGE = { manageRules: true };

describe('MIKROTIK_MANAGE_RULES', () => {
  it('makes one raw rule for each family with the first entries, before all rules of others, and keeps it', async () => {
    const { router, target, clock } = await bench(MANAGE);
    router.setRule({ table: 'raw', chain: 'prerouting', action: 'accept', comment: 'by hand' });
    expect(managed(router)).toEqual([]);
    expect((await listBy(target, calm)).needsApply).toBe(true);
    expect(managed(router)).toEqual([]);
    await apply(target, {});
    expect((await listBy(target, calm)).needsApply).toBe(false);
    await apply(target, { create: [entry(clock, '203.0.113.1')] });
    expect(managed(router)).toEqual(KEPT);
    expect(router.rules()[0]?.settings['comment']).toBe(COMMENT);
    router.counters.reset();
    await apply(target, { create: [entry(clock, '203.0.113.2')] });
    await target.verify((await listBy(target, calm)).held, calm);
    expect(router.counters.entriesTouched).toBe(1);
  });

  it.each<[string, (router: RouterOsSandbox) => void]>([
    [
      'was removed',
      (router) => {
        for (const rule of router.rules()) router.removeRule(rule);
      },
    ],
    [
      'was doubled',
      (router) => void router.setRule({ table: 'raw', chain: 'prerouting', action: 'drop', comment: COMMENT }),
    ],
  ])('repairs a rule that %s by hand, at the next look', async (_, change) => {
    const { router, target, clock } = await bench(MANAGE);
    await apply(target, { create: [entry(clock, '203.0.113.1')] });
    change(router);
    await target.verify((await listBy(target, calm)).held, calm);
    expect(managed(router).sort()).toEqual(KEPT);
  });

  it.each<[string, (router: RouterOsSandbox, rule: RouterRule) => void]>([
    [
      'moved',
      (router, rule) => {
        router.moveRule(rule);
      },
    ],
    [
      'narrowed to a protocol',
      (router, rule) => {
        router.changeRule(rule, { protocol: 'tcp' });
      },
    ],
    [
      'narrowed to a destination',
      (router, rule) => {
        router.changeRule(rule, { 'dst-address': '192.0.2.1' });
      },
    ],
    [
      'given a rate',
      (router, rule) => {
        router.changeRule(rule, { limit: '5,5:packet' });
      },
    ],
    [
      'limited to another list',
      (router, rule) => {
        router.changeRule(rule, { 'in-interface-list': 'LAN' });
      },
    ],
    [
      'disabled',
      (router, rule) => {
        router.changeRule(rule, { disabled: 'yes' });
      },
    ],
    [
      'made to log',
      (router, rule) => {
        router.changeRule(rule, { action: 'log' });
      },
    ],
    [
      'put into another chain',
      (router, rule) => {
        router.changeRule(rule, { chain: 'output' });
      },
    ],
    [
      'removed',
      (router, rule) => {
        router.removeRule(rule);
      },
    ],
  ])('puts a rule right that was %s by hand, first and whole, at the next look', async (_, change) => {
    const { router, target, clock } = await bench(MANAGE);
    for (const family of [4, 6] as const) {
      router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'passthrough', builtin: true });
      router.setRule({ family, table: 'raw', chain: 'prerouting', action: 'accept', 'in-interface-list': 'WAN' });
    }
    await apply(target, { create: [entry(clock, '203.0.113.1')] });
    expect(target.concerns()).toEqual([]);
    for (const rule of router.rules()) if (rule.settings['comment'] === COMMENT) change(router, rule);
    await target.verify((await listBy(target, calm)).held, calm);
    expect(managed(router)).toEqual(KEPT);
    const order = router.rules().map(({ settings }) => settings['comment'] ?? settings['action']);
    expect(order).toEqual(['passthrough', COMMENT, 'accept', 'passthrough', COMMENT, 'accept']);
    router.counters.reset();
    await target.verify((await listBy(target, calm)).held, calm);
    expect(router.counters.writes).toBe(0);
  });

  it('leaves the first place to the rule of another connector: two of them do not take turns', async () => {
    const { router, target, clock } = await bench(MANAGE);
    await apply(target, { create: [entry(clock, '203.0.113.1')] });
    const other = targetFor(router, clock, { ...MANAGE, list: 'other' });
    await other.open(calm);
    await apply(other, { create: [entry(clock, '203.0.113.1')] });
    router.counters.reset();
    for (const each of [target, other, target]) await each.verify((await each.list(calm)).held, calm);
    expect(router.counters.writes).toBe(0);
    expect([...target.concerns(), ...other.concerns()]).toEqual([]);
    await other.close();
  });

  it('is not limited to an interface list without members', async () => {
    const { router, target, clock } = await bench(MANAGE, { listMembers: [] });
    await apply(target, { create: [entry(clock, '203.0.113.1')] });
    expect(managed(router)).toEqual(KEPT.map((rule) => rule.map((value) => (value === 'WAN' ? undefined : value))));
    expect(target.concerns()).toEqual([]);
  });

  it('repairs a rule that does something else by now', async () => {
    const { router, target, clock } = await bench(MANAGE);
    for (const family of [4, 6] as const) {
      router.setRule({ family, table: 'raw', chain: 'output', action: 'accept', disabled: 'yes', comment: COMMENT });
    }
    await apply(target, { create: [entry(clock, '203.0.113.1')] });
    expect(managed(router)).toEqual(KEPT);
  });

  it('is not limited to an interface list that the router does not have', async () => {
    const { router, target, clock } = await bench(MANAGE, { interfaceLists: ['LAN'] });
    for (let round = 0; round < 2; round++) {
      await apply(target, { create: [entry(clock, '203.0.113.1')] });
      await target.verify((await listBy(target, calm)).held, calm);
    }
    expect(managed(router)).toEqual(KEPT.map((rule) => rule.map((value) => (value === 'WAN' ? undefined : value))));
  });

  it('leaves the rules in place on a stop, and takes them away on a purge, its own only', async () => {
    const { router, target, clock } = await bench(MANAGE);
    const foreign: RuleByHand = { table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec' };
    router.setRule(foreign);
    await apply(target, { create: [entry(clock, '203.0.113.1')] });
    await target.close();
    expect(managed(router)).toEqual(KEPT);
    await target.open(calm);
    await target.purge(calm);
    const { held } = await listBy(target, calm);
    await apply(target, { delete: [...held.values()] });
    await target.verify(new Map(), calm);
    expect(managed(router)).toEqual([]);
    expect(router.rules()).toHaveLength(1);
  });

  it('makes nothing in a dry run, and nothing when it is off', async () => {
    for (const more of [{ ...MANAGE, dryRun: true }, {}]) {
      const { router, target, clock } = await bench(more);
      await apply(target, { create: [entry(clock, '203.0.113.1')] });
      const { held, needsApply } = await listBy(target, calm);
      await target.verify(held, calm);
      expect([router.rules(), needsApply]).toEqual([[], false]);
    }
  });

  it('needs the policy write, and says so', async () => {
    const users = [{ name: 'crowdsec', password: 'secret', policies: ['read', 'api'] as const }];
    for (const showsUsers of [true, false]) {
      await expect(bench(MANAGE, { users, showsUsers })).rejects.toThrow(/`write`/);
      await expect(bench(MANAGE, { users, showsUsers })).rejects.toBeInstanceOf(AuthError);
    }
  });
});

describe('counters', () => {
  it('are the sums of all rules that drop what is in the list, by family', async () => {
    const { router, target } = await bench();
    const rule = (more: Partial<RuleByHand>): void => {
      const usual = { table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec' } as const;
      router.setRule({ ...usual, ...more });
    };
    rule({ packets: 10, bytes: 1000 });
    rule({ table: 'filter', chain: 'forward', action: 'reject', packets: 5, bytes: 500 });
    rule({ family: 6, packets: 7, bytes: 70 });
    rule({ 'src-address-list': 'other', packets: 99, bytes: 99 });
    rule({ action: 'log', packets: 99, bytes: 99 });
    expect(await target.counters(calm)).toEqual([
      { family: 4, packets: 15, bytes: 1500 },
      { family: 6, packets: 7, bytes: 70 },
    ]);
  });
});
