import { listBy } from '@bouncer/testkit';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  crowdsecAlias,
  crowdsecRule,
  pfSenseMissing,
  startPfSense,
  type FilterRule,
  type PfSenseOptions,
  type PfSenseSandbox,
} from '@bouncer/sandbox';
import type { CheckStep } from '@bouncer/target';
import { ManualClock, systemClock, type Network } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HEADER } from '../src/list/alias-file.ts';
import type { FirewallSettings } from '../src/ssh/firewall-settings.ts';
import { addresses, apply, calm, entry, filled, targetFor, verify } from './fixture.ts';

const missing = await pfSenseMissing();
const ALIAS = 'crowdsec_blacklists';
const HOUR = 3_600_000;

const web: FilterRule = { ...crowdsecRule, type: 'pass', source: 'any', protocol: 'tcp', port: 'https', descr: 'Web' };
const open: FilterRule = { ...crowdsecRule, type: 'pass', source: 'any', descr: 'Anybody' };

async function start(options: PfSenseOptions = {}): Promise<PfSenseSandbox> {
  const pfsense = await startPfSense(options);
  onTestFinished(() => pfsense.close());
  return pfsense;
}

async function check(pfsense: PfSenseSandbox, more: Partial<FirewallSettings> = {}): Promise<CheckStep[]> {
  const steps: CheckStep[] = [];
  for await (const step of targetFor(pfsense, systemClock, more).check(calm)) steps.push(step);
  return steps;
}

async function running(pfsense: PfSenseSandbox, more: Partial<FirewallSettings> = {}) {
  const clock = new ManualClock();
  const target = targetFor(pfsense, clock, more);
  onTestFinished(() => target.close());
  await filled(target, clock, addresses(3));
  const look = async () => {
    const same = await verify(target);
    if (!same) {
      const { held } = await listBy(target, calm);
      const create = addresses(3).filter((one) => !held.has(one as Network));
      await apply(target, { create: create.map((one) => entry(clock, one)) });
    }
    return target.concerns();
  };
  return { target, clock, look };
}

/** pf has the alias's table and no rule of it: the file was empty when the filter was loaded. */
function emptiedFile(pfsense: PfSenseSandbox): void {
  pfsense.writeFile('');
  pfsense.firewall.reload();
  expect(pfsense.firewall.references.get(ALIAS)).toBeUndefined();
}

type Case = readonly [state: string, options: PfSenseOptions, level: 'warn' | 'fail', words: RegExp];

const STATES: readonly Case[] = [
  ['a pass rule has the list', { rules: [{ ...crowdsecRule, type: 'pass' }] }, 'fail', /pass rule/],
  ['a match rule has the list', { rules: [{ ...crowdsecRule, type: 'match' }] }, 'fail', /match rule/],
  ['the rule is disabled', { rules: [{ ...crowdsecRule, disabled: true }] }, 'fail', /disabled/],
  ['the rule is on LAN', { rules: [{ ...crowdsecRule, interface: 'lan' }] }, 'fail', /is for em1/],
  ['the rule is for one port', { rules: [{ ...crowdsecRule, protocol: 'tcp', port: 'ssh' }] }, 'fail', /tcp only/],
  ['the rule is for IPv4', { rules: [{ ...crowdsecRule, ipprotocol: 'inet' }] }, 'fail', /IPv6: no rule/],
  ['the rule is for IPv6', { rules: [{ ...crowdsecRule, ipprotocol: 'inet6' }] }, 'fail', /IPv4: no rule/],
  ['the list is negated', { rules: [{ ...crowdsecRule, not: 'source' }] }, 'fail', /negated/],
  ['the sides are swapped', { rules: [{ ...crowdsecRule, source: 'any', destination: ALIAS }] }, 'fail', /swapped/],
  ['the rule has a schedule', { rules: [{ ...crowdsecRule, sched: 'night' }] }, 'fail', /schedule/],
  ['a rule before lets everybody in', { rules: [open, crowdsecRule] }, 'fail', /"Anybody".*lets everyone in/],
  [
    'a floating rule lets everybody in',
    { rules: [crowdsecRule, { ...open, interface: '', floating: { quick: true, direction: 'any' } }] },
    'fail',
    /"Anybody"/,
  ],
  ['a rule before lets one port in', { rules: [web, crowdsecRule] }, 'warn', /"Web".*port = https/],
  [
    'a port forward passes',
    { forwards: [{ port: 'http', target: '192.168.1.10', pass: true }] },
    'warn',
    /rdr pass on em0/,
  ],
];

const FINE: readonly (readonly [string, PfSenseOptions])[] = [
  ['one port is let in behind it', { rules: [crowdsecRule, web] }],
  ['it rejects', { rules: [{ ...crowdsecRule, type: 'reject' }] }],
  ['it is a floating one', { rules: [{ ...crowdsecRule, floating: { quick: true, direction: 'in' } }, web] }],
  ['a port forward asks the rules', { forwards: [{ port: 'http', target: '192.168.1.10', pass: false }] }],
  ['a port forward leaves the list out', { forwards: [{ port: 'http', target: 'x', pass: true, notFrom: ALIAS }] }],
];

describe.skipIf(missing !== undefined)(`green means blocked, on pfSense (${missing ?? 'ready'})`, () => {
  it.each(STATES)('check and a running connector tell that %s', async (_, options, level, words) => {
    const pfsense = await start(options);
    const steps = (await check(pfsense)).filter((one) => one.level !== 'ok');
    expect(steps).toEqual([expect.objectContaining({ level, seen: expect.stringMatching(words) as string })]);
    expect(steps[0]?.fix).toBeTruthy();
    const { target } = await running(pfsense);
    expect(target.concerns()).toEqual([{ level, seen: steps[0]?.seen, fix: steps[0]?.fix }]);
  });

  it.each(FINE)('nothing is told when %s', async (_, options) => {
    const pfsense = await start(options);
    expect((await check(pfsense)).filter(({ level }) => level !== 'ok')).toEqual([]);
    expect((await running(pfsense)).target.concerns()).toEqual([]);
  });

  it('a rule that is narrowed, or pf switched off, while running is told at the next look, and so is its mending', async () => {
    const pfsense = await start();
    const { look } = await running(pfsense);
    expect(await look()).toEqual([]);
    pfsense.firewall.writeConfig({ ...pfsense.firewall.config, rules: [{ ...crowdsecRule, protocol: 'udp' }] });
    pfsense.firewall.reload();
    expect(await look()).toMatchObject([{ level: 'fail', seen: expect.stringContaining('udp only') as string }]);
    pfsense.firewall.writeConfig({ ...pfsense.firewall.config, rules: [crowdsecRule] });
    pfsense.firewall.reload();
    expect(await look()).toEqual([]);
    pfsense.pfctl(['-d']);
    expect(await look()).toMatchObject([
      { level: 'fail', seen: expect.stringContaining('Status: Disabled') as string },
    ]);
    expect((await check(pfsense)).filter(({ ok }) => !ok)).toMatchObject([{ step: 'pf' }]);
    pfsense.pfctl(['-e']);
    expect(await look()).toEqual([]);
  });

  it('a reload that pf refuses is told, and the old rules go on counting', async () => {
    const pfsense = await start();
    const { look } = await running(pfsense);
    pfsense.firewall.refusesRules = true;
    pfsense.firewall.writeConfig({ ...pfsense.firewall.config, rules: [crowdsecRule, web] });
    pfsense.firewall.reload();
    expect(await look()).toMatchObject([
      { level: 'warn', seen: expect.stringContaining('could not be loaded') as string },
    ]);
  });

  it('an empty file at the last filter load: with the list comes one reload, and with it the rule', async () => {
    const pfsense = await start();
    emptiedFile(pfsense);
    const { reloads } = pfsense.firewall;
    const { target } = await running(pfsense);
    expect([pfsense.firewall.references.get(ALIAS), pfsense.firewall.reloads - reloads]).toEqual([1, 1]);
    expect([target.concerns(), pfsense.entriesOf()]).toEqual([[], addresses(3)]);
  });

  it('the same while running, with a file that pfSense has emptied behind our back', async () => {
    const pfsense = await start();
    const { look } = await running(pfsense);
    emptiedFile(pfsense);
    await look();
    expect([pfsense.firewall.references.get(ALIAS), pfsense.entriesOf()]).toEqual([1, addresses(3)]);
    expect(await look()).toEqual([]);
  });

  it('a reload that does not help is told, and is not tried again within the hour', async () => {
    const pfsense = await start();
    emptiedFile(pfsense);
    pfsense.firewall.refusesRules = true;
    const { reloads } = pfsense.firewall;
    const { look, clock } = await running(pfsense);
    for (let count = 0; count < 5; count += 1) {
      expect(await look()).toContainEqual(
        expect.objectContaining({ level: 'fail', seen: expect.stringContaining('pf has no rule that uses') as string }),
      );
      await clock.advance(60_000);
    }
    expect(pfsense.firewall.reloads - reloads).toBe(1);
    pfsense.firewall.refusesRules = false;
    await clock.advance(HOUR);
    await look();
    expect([pfsense.firewall.reloads - reloads, await look()]).toEqual([2, []]);
  });

  it('no filter is loaded anew for a rule that the configuration does not have, or has switched off', async () => {
    for (const rules of [[], [{ ...crowdsecRule, disabled: true }]]) {
      const pfsense = await start({ rules });
      const { reloads } = pfsense.firewall;
      const { look } = await running(pfsense);
      expect(await look()).toMatchObject([{ level: 'fail' }]);
      expect(pfsense.firewall.reloads).toBe(reloads);
    }
  });

  it("CrowdSec's own package is in the way of its own table names alone", async () => {
    const mine = {
      ...crowdsecAlias,
      name: 'mine',
      address: 'https://127.0.0.1/mine.txt',
      url: 'https://127.0.0.1/mine.txt',
    };
    const pfsense = await start({
      aliases: [crowdsecAlias, mine],
      rules: [{ ...crowdsecRule, source: 'mine' }, crowdsecRule],
    });
    mkdirSync(pfsense.firewall.path('/local/etc/rc.d'));
    writeFileSync(pfsense.firewall.path('/local/etc/rc.d/crowdsec_firewall'), '');
    expect((await check(pfsense, { alias: 'mine' })).filter(({ ok }) => !ok)).toEqual([]);
    expect((await check(pfsense)).filter(({ ok }) => !ok)).toMatchObject([{ step: 'package' }]);
  });

  it('open connections that are let go on are a warning of check', async () => {
    const pfsense = await start();
    const steps = (await check(pfsense, { killStates: false })).filter(({ level }) => level !== 'ok');
    expect(steps).toMatchObject([{ level: 'warn', step: 'states' }]);
  });

  it('a stop while a command is under way leaves the file as the table is, by a connection of its own', async () => {
    const pfsense = await start();
    const { target, clock } = await running(pfsense);
    const stop = new AbortController();
    const late = addresses(4)[3] ?? '';
    const began = new EventEmitter();
    const isHeld = once(began, 'held');
    let release: ((outcome: { code: number }) => void) | undefined;
    pfsense.intercept = ({ program, args }) => {
      if (program === 'pfctl' && args.some((one) => one === 'add' || one === 'replace')) {
        pfsense.intercept = undefined;
        pfsense.pfctl(['-t', ALIAS, '-T', 'add', late]);
        began.emit('held');
        return new Promise((resolve) => {
          release = resolve;
        });
      }
      return undefined;
    };
    const changing = apply(target, { create: [entry(clock, late)] }, stop.signal).catch((error: unknown) => error);
    await isHeld;
    stop.abort(new Error('stopped'));
    await changing;
    release?.({ code: 0 });
    await target.close();
    expect(pfsense.entriesOf()).toEqual(addresses(4));
    expect(pfsense.fileOf()).toBe(`${HEADER}${addresses(4).join('\n')}\n`);
  });
});
