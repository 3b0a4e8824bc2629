import type { CheckStep } from '@bouncer/connector';
import { startRouterOs, type RouterOsOptions, type RouterOsSandbox, type RuleByHand } from '@bouncer/sandbox';
import { ManualClock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RouterSettings } from '../src/router-settings.ts';
import { calm, fixedPassword, targetFor } from './fixture.ts';

const MIB = 1024 * 1024;

async function start(options: RouterOsOptions = {}): Promise<RouterOsSandbox> {
  const router = await startRouterOs(options);
  onTestFinished(() => router.close());
  return router;
}

async function check(router: RouterOsSandbox, more: Partial<RouterSettings> = {}): Promise<CheckStep[]> {
  const steps: CheckStep[] = [];
  for await (const step of targetFor(router, new ManualClock(), more).check(calm)) steps.push(step);
  return steps;
}

function named(steps: readonly CheckStep[], name: string): CheckStep | undefined {
  return steps.find(({ step }) => step === name);
}

function block(router: RouterOsSandbox, more: Record<string, string> = {}): void {
  for (const family of [4, 6] as const) {
    const rule = { family, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': 'crowdsec', ...more };
    router.setRule(rule as RuleByHand);
  }
}

describe('check', () => {
  it('passes every step of a router that is set up, and writes nothing', async () => {
    const router = await start();
    block(router, { 'in-interface-list': 'WAN' });
    router.addRow({ list: 'crowdsec', address: '203.0.113.1', timeout: '1h', comment: 'crowdsec-bouncer CAPI ssh' });
    router.addRow({ list: 'crowdsec', address: '203.0.113.2', comment: 'by hand' });
    router.counters.reset();
    const steps = await check(router);
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.map(({ step }) => step)).toEqual([
      ...['dns', 'tcp', 'tls', 'login', 'rights', 'list ipv4', 'list ipv6', 'rule ipv4', 'rule ipv6', 'room'],
    ]);
    expect(named(steps, 'login')?.seen).toContain('RouterOS 7.20.1');
    expect(named(steps, 'list ipv4')?.seen).toContain('1 of ours, 1 of others');
    expect(named(steps, 'rule ipv4')?.seen).toContain('raw prerouting drop in-interface-list=WAN');
    expect(router.counters.entriesTouched).toBe(0);
    expect(router.connections).toBeLessThanOrEqual(1);
  });

  it.each([
    ['there is none', undefined],
    ['it is for another list', { 'src-address-list': 'other' }],
    ['it is disabled', { disabled: 'yes' }],
    ['it does not drop', { action: 'log' }],
    ['it jumps to a chain that does not drop', { action: 'jump', 'jump-target': 'nowhere' }],
  ])('fails when nothing is blocked because, of rules, %s, and gives the command to paste', async (_, settings) => {
    const router = await start();
    if (settings) block(router, settings);
    const steps = await check(router);
    expect(named(steps, 'rule ipv4')).toMatchObject({
      ok: false,
      seen: expect.stringContaining('nothing is blocked') as string,
      fix: '/ip/firewall/raw/add chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec comment="CrowdSec"',
    });
    expect(named(steps, 'rule ipv6')?.fix).toContain('/ipv6/firewall/raw/add');
    expect(named(steps, 'room')?.ok).toBe(true);
  });

  it('follows a jump to a chain that drops', async () => {
    const router = await start();
    block(router, { action: 'jump', 'jump-target': 'blocked' });
    for (const family of [4, 6] as const) router.setRule({ family, table: 'raw', chain: 'blocked', action: 'drop' });
    const steps = await check(router);
    expect(named(steps, 'rule ipv4')).toMatchObject({ ok: true, seen: expect.stringContaining('jump') as string });
  });

  it('says when a filter rule comes too late for connections that exist', async () => {
    const router = await start();
    router.setRule({ table: 'filter', chain: 'forward', action: 'accept', 'connection-state': 'established,related' });
    router.setRule({ table: 'filter', chain: 'forward', action: 'drop', 'src-address-list': 'crowdsec' });
    const steps = await check(router, { families: [4] });
    expect(named(steps, 'rule ipv4')).toMatchObject({
      ok: true,
      seen: expect.stringContaining('established') as string,
    });
  });

  it('does not ask for a rule that the connector makes itself', async () => {
    const steps = await check(await start(), { manageRules: { wanInterfaceList: 'WAN' } });
    expect(named(steps, 'rule ipv4')?.ok).toBe(true);
  });

  it('stops at a refused connection, with what to do', async () => {
    const router = await start();
    await router.refuse();
    const steps = await check(router);
    expect(steps.map(({ step, ok }) => [step, ok])).toEqual([
      ['dns', true],
      ['tcp', false],
    ]);
    expect(steps[1]?.seen).toContain('connection refused');
    expect(steps[1]?.fix).toContain('/ip/service/set api disabled=no');
  });

  it('stops at a refused login, with what to do', async () => {
    const steps = await check(await start(), { password: fixedPassword('wrong') });
    expect(steps.at(-1)).toMatchObject({
      step: 'login',
      ok: false,
      fix: expect.stringContaining('MIKROTIK_PASSWORD') as string,
    });
  });

  it('names a policy that is missing', async () => {
    const router = await start({ users: [{ name: 'crowdsec', password: 'secret', policies: ['api', 'read'] }] });
    const rights = named(await check(router), 'rights');
    if (rights?.ok === true) expect(rights.seen).toContain('does not show them');
    else expect(rights?.seen).toContain('`write`');
  });

  it.each([
    [64, 40, 5001, false],
    [64, 40, 5000, true],
    [1024, 10, 1, false],
    [1024, 500, 6000, true],
  ])('weighs entries against memory: %s MiB, %s free, %s entries: ok %s', async (total, free, count, ok) => {
    const facts = { totalMemoryBytes: total * MIB, freeMemoryBytes: free * MIB + count * 400 };
    const router = await start({ facts });
    for (let index = 0; index < count; index++) {
      const address = `198.18.${String(index >> 8)}.${String(index & 255)}`;
      router.addRow({ list: 'crowdsec', address, timeout: '1h', comment: 'crowdsec-bouncer CAPI ssh' });
    }
    const room = named(await check(router), 'room');
    expect(room).toMatchObject({ ok, seen: expect.stringContaining(`${String(count)} entries`) as string });
    if (!ok) expect(room?.fix).toContain('MAX_ENTRIES=');
  });
});
