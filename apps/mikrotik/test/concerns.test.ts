import { listBy } from '@bouncer/testkit';
import { startRouterOs, type RouterOsSandbox } from '@bouncer/sandbox';
import { ManualClock } from '@bouncer/stream';
import { expect, it, onTestFinished } from 'vitest';
import type { RouterSettings } from '../src/router-settings.ts';
import type { MikrotikTarget } from '../src/target.ts';
import { apply, calm, entry, recordingLogger, targetFor } from './fixture.ts';

async function bench(more: Partial<RouterSettings> = {}) {
  const clock = new ManualClock();
  const log = recordingLogger();
  const router = await startRouterOs({ clock });
  const target = targetFor(router, clock, { families: [4], ...more }, log);
  onTestFinished(async () => {
    await target.close();
    await router.close();
  });
  return { router, target, clock, log };
}

function block(router: RouterOsSandbox, more: Record<string, string> = {}): void {
  const rule = { table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec' } as const;
  router.setRule({ ...rule, ...more });
}

function rules(target: MikrotikTarget) {
  return target.concerns().filter(({ seen }) => seen.startsWith('rule'));
}

it('a connector that runs says from the first moment that no rule uses the list, and once in the log', async () => {
  const { router, target, clock, log } = await bench();
  await target.open(calm);
  expect(rules(target)).toMatchObject([{ level: 'fail' }]);
  expect(target.concerns()[0]?.fix).toContain('/ip/firewall/raw/add');
  await listBy(target, calm);
  await clock.advance(60_000);
  await target.verify(new Map(), calm);
  expect(log.lines.filter(({ message }) => message === 'banned addresses get through')).toHaveLength(1);
  block(router);
  await clock.advance(60_000);
  await target.verify(new Map(), calm);
  expect(rules(target)).toEqual([]);
});

it('sees within a minute that a rule of others was moved, narrowed or taken away, and looks no more often', async () => {
  const { router, target, clock } = await bench();
  block(router);
  router.setRule({ table: 'raw', chain: 'prerouting', action: 'accept' });
  await target.open(calm);
  await listBy(target, calm);
  expect(rules(target)).toEqual([]);
  router.moveRule(router.rules()[0]!);
  router.counters.reset();
  await clock.advance(59_000);
  await target.verify(new Map(), calm);
  expect([router.counters.prints, rules(target)]).toEqual([2, []]);
  await clock.advance(1000);
  await target.verify(new Map(), calm);
  expect(rules(target)).toMatchObject([{ level: 'fail' }]);
  router.removeRule(router.rules()[0]!);
  router.changeRule(router.rules()[0]!, { protocol: 'tcp', 'dst-port': '22' });
  await clock.advance(60_000);
  await target.verify(new Map(), calm);
  expect(rules(target)).toMatchObject([{ level: 'fail' }]);
});

it('a rule that is kept is looked at as well: an uplink that is no member of WAN is told', async () => {
  const { router, target, clock } = await bench({ manageRules: true });
  router.network = { interfaces: [{ name: 'ether1' }, { name: 'lte1', type: 'lte' }] };
  await target.open(calm);
  expect(target.concerns()).toEqual([]);
  await listBy(target, calm);
  await apply(target, { create: [entry(clock, '203.0.113.1')] });
  expect(rules(target)).toMatchObject([{ level: 'warn', seen: expect.stringContaining('lte1') as string }]);
});
