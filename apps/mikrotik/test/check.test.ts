import type { CheckStep } from '@bouncer/target';
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
      ...['dns', 'tcp', 'tls', 'login', 'rights', 'list ipv4', 'list ipv6', 'look', 'rule ipv4', 'rule ipv6', 'room'],
    ]);
    expect(named(steps, 'login')?.seen).toContain('RouterOS 7.20.1');
    expect(named(steps, 'list ipv4')?.seen).toContain('1 of ours, 1 of others');
    expect(named(steps, 'rule ipv4')?.seen).toContain(
      'raw rule 0 (prerouting drop src-address-list=crowdsec in-interface-list=WAN)',
    );
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
      fix: `/ip/firewall/raw/add chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec comment="CrowdSec"${settings ? ' place-before=*1' : ''}`,
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
    for (const chain of ['input', 'forward']) {
      router.setRule({ table: 'filter', chain, action: 'drop', 'src-address-list': 'crowdsec' });
    }
    const steps = await check(router, { families: [4] });
    expect(named(steps, 'rule ipv4')).toMatchObject({
      level: 'warn',
      seen: expect.stringContaining('established') as string,
      fix: expect.stringContaining('/ip/firewall/raw/add') as string,
    });
  });

  it('does not ask for a rule that the connector makes itself', async () => {
    const steps = await check(await start(), { manageRules: true });
    expect(named(steps, 'rule ipv4')?.level).toBe('warn');
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

  it.each([true, false])('names a policy that is missing, when users are shown: %s', async (showsUsers) => {
    const users = [{ name: 'crowdsec', password: 'secret', policies: ['api', 'read'] as const }];
    const router = await start({ users, showsUsers });
    expect(named(await check(router), 'rights')).toMatchObject({
      level: 'fail',
      seen: expect.stringContaining('`write`') as string,
      fix: expect.stringContaining('policy=read,write,api') as string,
    });
    expect(router.counters.writes).toBe(0);
  });

  it('sees the rights by trying when users are not shown, and changes nothing', async () => {
    const router = await start({ showsUsers: false });
    router.addRow({ list: 'crowdsec', address: '203.0.113.1', disabled: true });
    expect(named(await check(router), 'rights')).toMatchObject({ level: 'ok' });
    expect([router.counters.writes, router.rows()[0]?.disabled]).toEqual([0, true]);
  });

  it('reads who is a member of WAN', async () => {
    const pppoe = { interfaces: [{ name: 'ether1' }, { name: 'pppoe-out1', type: 'pppoe-out' }] };
    const router = await start(pppoe);
    block(router, { 'in-interface-list': 'WAN' });
    expect(named(await check(router), 'rule ipv4')).toMatchObject({
      level: 'warn',
      fix: expect.stringContaining('/interface/list/member/add list=WAN interface=pppoe-out1') as string,
    });
    router.network = { members: [{ list: 'WAN', interface: 'pppoe-out1' }] };
    expect(named(await check(router), 'rule ipv4')?.level).toBe('ok');
    router.network = { members: [{ list: 'WAN', interface: 'ether1', disabled: true }] };
    const rule = named(await check(router), 'rule ipv4');
    expect(rule?.level).toBe('fail');
    expect(rule?.fix).not.toContain('in-interface-list');
  });

  it('gives a command that goes before the first rule that the router lets it go before', async () => {
    const router = await start();
    router.setRule({ table: 'raw', chain: 'prerouting', action: 'passthrough', builtin: true });
    router.setRule({ table: 'raw', chain: 'prerouting', action: 'accept', 'in-interface-list': 'WAN' });
    block(router);
    const rule = named(await check(router), 'rule ipv4');
    expect(rule?.level).toBe('fail');
    expect(rule?.seen).toContain('raw rule 1 (prerouting accept in-interface-list=WAN)');
    expect(rule?.fix).toMatch(/place-before=\*2$/);
  });

  it.each([
    ['IPv6 is left out and the router has an address', { families: [4] }, {}, 'warn'],
    ['IPv6 is left out and the router has only its link', { families: [4] }, { ipv6: { addresses: [] } }, 'ok'],
    ['IPv6 is left out and switched off', { families: [4] }, { ipv6: { disabled: true } }, 'ok'],
  ] as const)('%s', async (_, settings, options, level) => {
    const router = await start(options);
    block(router);
    expect(named(await check(router, settings), 'ipv6')?.level).toBe(level);
  });

  it('asks for no IPv6 rule where IPv6 is switched off, and warns of IPv4 left out and of a switch that routes', async () => {
    const router = await start({ ipv6: { disabled: true }, l3Offload: true });
    expect(named(await check(router), 'rule ipv6')?.level).toBe('ok');
    const steps = await check(router, { families: [6] });
    expect([named(steps, 'ipv4')?.level, named(steps, 'offload')?.level]).toEqual(['warn', 'warn']);
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
