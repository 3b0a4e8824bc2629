import { listBy } from '@bouncer/testkit';
import { crowdsecRule, pfSenseMissing, startPfSense, type PfSenseOptions, type PfSenseSandbox } from '@bouncer/sandbox';
import { ManualClock, systemClock, TransientError, type Network } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FirewallSettings } from '../src/ssh/firewall-settings.ts';
import { HEADER } from '../src/list/alias-file.ts';
import { cksum } from '../src/ssh/cksum.ts';
import { helperCommand } from '../src/ssh/helper.ts';
import { openSession } from '../src/ssh/session.ts';
import type { SshTarget } from '../src/ssh-target.ts';
import { addresses, apply, calm, entry, filled, settingsFor, targetFor, verify } from './fixture.ts';

const missing = await pfSenseMissing();
const TABLE = 'crowdsec_blacklists';

interface Scene {
  readonly pfsense: PfSenseSandbox;
  readonly target: SshTarget;
  readonly clock: ManualClock;
}

async function scene(
  count: number,
  options: PfSenseOptions = {},
  more: Partial<FirewallSettings> = {},
): Promise<Scene> {
  const pfsense = await startPfSense(options);
  const clock = new ManualClock();
  const target = targetFor(pfsense, clock, more);
  onTestFinished(async () => {
    await target.close();
    await pfsense.close();
  });
  await filled(target, clock, addresses(count));
  return { pfsense, target, clock };
}

/** Verify, and if it says no, what the controller does: list, and write what is missing. */
async function heal({ target, clock }: Scene, count: number): Promise<void> {
  expect(await verify(target)).toBe(false);
  const { held, needsApply } = await listBy(target, calm);
  const create = addresses(count).filter((one) => !held.has(one as Network));
  if (create.length > 0 || needsApply === true) await apply(target, { create: create.map((one) => entry(clock, one)) });
}

describe.skipIf(missing !== undefined)(`the list on pfSense (${missing ?? 'ready'})`, () => {
  it('stands in table and file alike, and the file is never empty', async () => {
    const { pfsense, target } = await scene(3);
    expect(pfsense.entriesOf()).toEqual(addresses(3));
    expect(pfsense.fileOf()).toBe(`${HEADER}${addresses(3).join('\n')}\n`);
    const { held } = await listBy(target, calm);
    await apply(target, { delete: [...held.values()] });
    expect(pfsense.entriesOf()).toEqual([]);
    expect(pfsense.fileOf()).toBe(HEADER);
    pfsense.firewall.reload();
    expect(pfsense.firewall.notices).toEqual([]);
  });

  it('takes one ban with two commands, both on the same connection', async () => {
    const { pfsense, target, clock } = await scene(100);
    const before = pfsense.execChannels;
    await apply(target, { create: [entry(clock, '198.51.100.7')] });
    expect(pfsense.execChannels - before).toBeLessThanOrEqual(2);
    expect(pfsense.link.connections).toBe(1);
    expect(pfsense.entriesOf()).toContain('198.51.100.7');
  });

  it('writes the file ten minutes later, or when it stops', async () => {
    const { pfsense, target, clock } = await scene(100);
    await apply(target, { create: [entry(clock, '198.51.100.7')] });
    expect(await verify(target)).toBe(true);
    expect(pfsense.fileOf()).not.toContain('198.51.100.7');
    await clock.advance(600_000);
    expect(await verify(target)).toBe(true);
    expect(pfsense.fileOf()).toContain('198.51.100.7');
    await apply(target, { create: [entry(clock, '198.51.100.8')] });
    await target.close();
    expect(pfsense.fileOf()).toContain('198.51.100.8');
  });

  it('notices a filter reload that brought the old file back, though the count is the same', async () => {
    const all = await scene(100);
    const { pfsense, target, clock } = all;
    const { held } = await listBy(target, calm);
    const gone = held.get(addresses(1)[0] as Network)!;
    await apply(target, { create: [entry(clock, '198.51.100.7')], delete: [gone] });
    pfsense.firewall.reload();
    expect(pfsense.entriesOf()).not.toContain('198.51.100.7');
    expect(await verify(target)).toBe(false);
    const now = await listBy(target, calm);
    expect(now.held.has('198.51.100.7' as Network)).toBe(false);
    expect(now.held.has(gone.network)).toBe(true);
  });

  it.each([
    ['somebody emptied the table', (pfsense: PfSenseSandbox) => void pfsense.pfctl(['-t', TABLE, '-T', 'flush'])],
    ['somebody deleted the table', (pfsense: PfSenseSandbox) => void pfsense.pfctl(['-t', TABLE, '-T', 'kill'])],
    [
      'the firewall was reloaded without its file',
      (pfsense: PfSenseSandbox) => {
        pfsense.writeFile('# empty\n');
        pfsense.firewall.reload();
      },
    ],
    [
      'somebody wrote the file',
      (pfsense: PfSenseSandbox) => {
        pfsense.writeFile('192.0.2.1\n');
      },
    ],
  ])('heals when %s', async (_, harm) => {
    const all = await scene(50);
    harm(all.pfsense);
    await heal(all, 50);
    expect(all.pfsense.entriesOf()).toEqual(addresses(50));
    expect(all.pfsense.fileOf()).toContain(addresses(50).at(-1)!);
    expect(await verify(all.target)).toBe(true);
  });

  it('has the list after a reboot before we come back, and is seen to have rebooted', async () => {
    const all = await scene(50);
    all.pfsense.firewall.reboot();
    expect(all.pfsense.entriesOf()).toEqual(addresses(50));
    expect(await verify(all.target)).toBe(false);
  });

  it('fills a box with RAM disks after a power cut, and has its rule loaded again', async () => {
    const all = await scene(50, { ramDisk: true });
    all.pfsense.firewall.reboot({ saved: false });
    expect(all.pfsense.entriesOf()).toEqual(addresses(50));
    const { rm } = await import('node:fs/promises');
    await rm(all.pfsense.firewall.path('/cf/conf/RAM_Disk_Store'), { recursive: true });
    all.pfsense.firewall.reboot({ saved: false });
    expect(all.pfsense.entriesOf()).toBeUndefined();
    await all.target.open(calm);
    const { needsApply } = await listBy(all.target, calm);
    expect(needsApply).toBe(true);
    await apply(all.target, { create: addresses(50).map((one) => entry(all.clock, one)) });
    expect(all.pfsense.entriesOf()).toEqual(addresses(50));
    expect(all.pfsense.firewall.references.get(TABLE)).toBe(1);
  });

  it('leaves the old list when the link is cut in the middle of a transfer', async () => {
    const { pfsense, target, clock } = await scene(50);
    const file = pfsense.fileOf();
    pfsense.link.cutAfter(40_000);
    const create = addresses(20_000).map((one) => entry(clock, one));
    await expect(apply(target, { create })).rejects.toBeInstanceOf(TransientError);
    await target.open(calm);
    expect(pfsense.entriesOf()).toEqual(addresses(50));
    expect(pfsense.fileOf()).toBe(file);
    await listBy(target, calm);
    await apply(target, { create });
    expect(pfsense.entriesOf()).toHaveLength(20_000);
  });

  it.each([
    ['full', true],
    ['full', false],
    ['delta', true],
    ['kill', true],
  ] as const)('takes no part of the input of %s for the whole (file: %s)', async (verb, file) => {
    const { pfsense, target } = await scene(5);
    await target.close();
    const before = pfsense.calls.filter(({ args }) => args.includes('-k') || args.includes('-T')).length;
    const settings = settingsFor(pfsense, { file });
    const session = await openSession(settings, systemClock, calm);
    const mark = verb === 'delta' ? '+' : '';
    const whole = Buffer.from(`${mark}192.0.2.1\n${mark}192.0.2.2\n`);
    const part = whole.subarray(0, whole.length / 2);
    const { code } = await session.exec(helperCommand(settings, false, verb, cksum(whole)), part, calm);
    session.close();
    expect(code).toBe(65);
    expect(pfsense.calls.filter(({ args }) => args.includes('-k') || args.includes('-T'))).toHaveLength(before);
    expect(pfsense.entriesOf()).toEqual(addresses(5));
    expect(pfsense.fileOf()).toContain(addresses(5).at(-1)!);
  });

  it('takes what pf has room for, the most important first, and deletes before it adds where that makes the room', async () => {
    const { pfsense, target, clock } = await scene(50);
    pfsense.firewall.limits.tableEntries = 1000;
    await verify(target);
    const create = addresses(600).map((one) => entry(clock, one));
    await apply(target, { create });
    expect(pfsense.entriesOf()).toEqual(addresses(500));
    pfsense.firewall.reload();
    expect(pfsense.firewall.notices).toEqual([]);
    expect(pfsense.entriesOf()).toHaveLength(500);
    // Now pf itself is full: what comes needs what leaves.
    pfsense.firewall.limits.tableEntries = pfsense.firewall.total();
    const { held } = await listBy(target, calm);
    const gone = [...held.values()].slice(0, 300);
    await apply(target, { create: [entry(clock, '198.51.100.7')], delete: gone });
    expect(pfsense.entriesOf()).toEqual([...addresses(500).slice(300), '198.51.100.7']);
  });

  it('ends the connections of newly banned addresses and ranges, of both families, and no others', async () => {
    const { pfsense, target, clock } = await scene(100);
    pfsense.addState('198.51.100.7', '10.0.0.1');
    pfsense.addState('10.0.0.1', '198.51.100.7');
    pfsense.addState('2001:db8:1::9', '2001:db8:f::1');
    pfsense.addState('203.0.113.77', '10.0.0.1');
    pfsense.addState('192.0.2.1', '10.0.0.1');
    await apply(target, {
      create: ['198.51.100.7', '2001:db8:1::/48', '203.0.113.0/24'].map((one) => entry(clock, one)),
    });
    expect(pfsense.firewall.states.map(({ source }) => source.text)).toEqual(['192.0.2.1']);
    pfsense.addState('46.0.0.9', '10.0.0.1');
    pfsense.addState('2001:db8:2::9', '2001:db8:f::1');
    const many = [...Array.from({ length: 40 }, (_, index) => `46.0.0.${index}`), '2001:db8:2::9'];
    await apply(target, { create: many.map((one) => entry(clock, one)) });
    expect(pfsense.firewall.states.map(({ source }) => source.text)).toEqual(['192.0.2.1']);
  });

  it('removes what somebody else put into the table in a form of his own', async () => {
    const { pfsense, target } = await scene(10);
    pfsense.pfctl(['-t', TABLE, '-T', 'add', '::ffff:192.0.2.9', '192.0.2.10']);
    const { held, strays } = await listBy(target, calm);
    expect(held.has('192.0.2.10' as Network)).toBe(true);
    await apply(target, { delete: [...strays, held.get('192.0.2.10' as Network)!] });
    expect(pfsense.entriesOf()).toEqual(addresses(10));
  });

  it('tells what the firewall has dropped', async () => {
    const { pfsense, target } = await scene(10, { rules: [crowdsecRule] });
    pfsense.firewall.drop(TABLE, 4, 7, 420);
    expect(await target.counters(calm)).toEqual([{ family: 4, packets: 7, bytes: 420 }]);
    pfsense.firewall.drop(TABLE, 6, 2, 160);
    pfsense.firewall.drop(TABLE, 4, 1, 60);
    const both = [
      { family: 4, packets: 8, bytes: 480 },
      { family: 6, packets: 2, bytes: 160 },
    ];
    expect(await target.counters(calm)).toEqual(both);
    // A reload begins the rules' counters anew, and not the table's.
    pfsense.firewall.reload();
    expect(await target.counters(calm)).toEqual(both);
    pfsense.firewall.drop(TABLE, 6, 1, 80);
    expect(await target.counters(calm)).toEqual([both[0], { family: 6, packets: 3, bytes: 240 }]);
  });

  it('keeps the connection when whoever asked for the counters does not wait for them', async () => {
    const { pfsense, target } = await scene(10);
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      pfsense.intercept = async ({ args, stdin }) => {
        resolve();
        await new Promise<void>((go) => (answer = go));
        return pfsense.pfctl(args, stdin);
      };
    });
    const impatient = new AbortController();
    const counters = target.counters(impatient.signal);
    await held;
    impatient.abort(new Error('too slow'));
    await expect(counters).rejects.toThrow('too slow');
    pfsense.intercept = undefined;
    answer();
    expect(await verify(target)).toBe(true);
    expect(pfsense.link.connections).toBe(1);
  });
});
