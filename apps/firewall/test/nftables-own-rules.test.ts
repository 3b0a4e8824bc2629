import { listBy } from '@bouncer/testkit';
import { silentLogger, type CheckStep } from '@bouncer/target';
import { systemClock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { flowtableConcerns, flowtablesOf } from '../src/doctor/flowtables.ts';
import { matchOf } from '../src/nftables/layout.ts';
import { setNames } from '../src/nftables/names.ts';
import { NftablesTarget } from '../src/nftables/target.ts';
import { apply, calm, CountedPrograms, entry, firewallOf } from './fixture.ts';
import { kernelMissing, Namespace } from './namespace.ts';

const reason = kernelMissing();

async function filled(setOnly: boolean) {
  const namespace = await Namespace.create();
  onTestFinished(() => namespace[Symbol.asyncDispose]());
  const programs = new CountedPrograms(namespace);
  const target = new NftablesTarget(firewallOf({ setOnly }), systemClock, silentLogger, programs.run);
  await target.open(calm);
  await listBy(target, calm);
  await apply(target, { create: [entry('198.51.100.7')] });
  const { held } = await listBy(target, calm);
  const rulesStep = async (): Promise<CheckStep[]> => {
    const seen: CheckStep[] = [];
    for await (const step of target.check(calm)) seen.push(step);
    return seen.filter(({ step }) => step === 'rules');
  };
  return { namespace, target, held, rulesStep };
}

const blocks = (chain: string, before = '', after = 'drop'): string[] =>
  setNames([4, 6]).map((set) =>
    `add rule inet crowdsec ${chain} ${before} ${matchOf(set)} ${after}`.replace('  ', ' '),
  );
const base = (name: string, hook: string): string =>
  `add chain inet crowdsec ${name} { type filter hook ${hook} priority 0 ; }`;
const bases = [base('in', 'input'), base('forw', 'forward')];
const rule = (text: string): string => `add rule inet crowdsec ${text}`;

describe.skipIf(reason !== undefined)(`nftables with rules of one's own (${reason ?? 'ready'})`, () => {
  it.each([
    ['no rules', bases, 'fail', 'no rule that is reached uses local4, local4_ranges'],
    ['whole rules', [...bases, ...blocks('in'), ...blocks('forw')], 'ok', ''],
    ['whole rules in prerouting', [base('pre', 'prerouting'), ...blocks('pre')], 'ok', ''],
    [
      'rules in a chain that is reached',
      ['add chain inet crowdsec x', ...blocks('x'), ...bases, rule('in jump x'), rule('forw goto x')],
      'ok',
      '',
    ],
    [
      'rules in a chain that nobody jumps to',
      ['add chain inet crowdsec x', ...blocks('x'), ...bases],
      'fail',
      'no rule that is reached',
    ],
    [
      'rules behind those that are established',
      [...bases, rule('in ct state established,related accept'), ...blocks('in'), ...blocks('forw')],
      'fail',
      'ct state established',
    ],
    [
      'the same by a map',
      [...bases, rule('in ct state vmap { established : accept, invalid : drop }'), ...blocks('in'), ...blocks('forw')],
      'fail',
      'lets what is for this host through',
    ],
    [
      'rules behind loopback and the LAN',
      [
        ...bases,
        rule('in iifname lo accept'),
        rule('in ip saddr { 10.0.0.0/8, 192.168.0.0/16 } accept'),
        ...blocks('in'),
        ...blocks('forw'),
      ],
      'ok',
      '',
    ],
    [
      'rules behind a mark',
      [...bases, rule('in meta mark 1 accept'), ...blocks('in'), ...blocks('forw')],
      'warn',
      'may let',
    ],
    [
      'rules behind everything',
      [...bases, rule('in accept'), rule('forw accept'), ...blocks('in'), ...blocks('forw')],
      'fail',
      'no rule that is reached',
    ],
    ['narrowed rules', [...bases, ...blocks('in', 'tcp dport 22'), ...blocks('forw')], 'fail', 'only some'],
    ['limited rules', [...bases, ...blocks('in', 'limit rate 10/second'), ...blocks('forw')], 'fail', 'only some'],
    [
      'rules that let in',
      [...bases, ...blocks('in', '', 'accept'), ...blocks('forw', '', 'accept')],
      'fail',
      'no rule that is reached',
    ],
    ['rules at another hook', [base('out', 'output'), ...blocks('out')], 'fail', 'no rule that is reached'],
    [
      'rules for one set too few',
      [...bases, ...blocks('in').slice(1), ...blocks('forw').slice(1)],
      'fail',
      'uses local4 to block',
    ],
  ] as const)('tells %s', async (_what, commands, level, seen) => {
    const { namespace, target, held, rulesStep } = await filled(true);
    for (const command of commands) await namespace.run(`nft ${command}`);
    expect(await target.verify(held, calm)).toBe(true);
    const concerns = target.concerns();
    if (level === 'ok') expect(concerns).toEqual([]);
    else
      expect(concerns).toContainEqual(
        expect.objectContaining({ level, seen: expect.stringContaining(seen) as string }),
      );
    expect(await rulesStep()).toContainEqual(
      expect.objectContaining({ level, seen: expect.stringContaining(seen) as string }),
    );
  });

  it('has no concern with rules that are its own, whatever other tables accept', async () => {
    const { namespace, target, held } = await filled(false);
    await namespace.run('nft add table inet first');
    await namespace.run('nft add chain inet first in { type filter hook input priority -300 ; }');
    await namespace.run('nft add rule inet first in accept');
    expect(await target.verify(held, calm)).toBe(true);
    expect(target.concerns()).toEqual([]);
  });

  it('is not blinded by a table of others that sleeps', async () => {
    const { namespace, target, held } = await filled(false);
    await namespace.run('nft add table inet another { flags dormant; }');
    expect(await target.verify(held, calm)).toBe(true);
    await namespace.run('nft flush chain inet crowdsec crowdsec_input');
    expect(await target.verify(held, calm)).toBe(false);
  });

  it('warns when both kinds of iptables hold rules, and not of one', async () => {
    const { namespace, target } = await filled(false);
    const levels = async (): Promise<string[]> => {
      const seen: CheckStep[] = [];
      for await (const step of target.check(calm)) seen.push(step);
      return seen.filter(({ step }) => step === 'iptables').map(({ level }) => level);
    };
    await namespace.run('iptables-nft -A INPUT -j ACCEPT');
    expect(await levels()).toEqual([]);
    const isThere = await namespace.run('iptables-legacy -A INPUT -j ACCEPT').then(
      () => true,
      () => false,
    );
    expect(await levels()).toEqual(isThere ? ['warn'] : []);
  });

  it('reads the names of flowtables', () => {
    const text = 'table inet fw4 {\n\tflowtable ft {\n\t\thook ingress priority filter\n\t}\n}\ntable ip x {\n}\n';
    expect(flowtablesOf(text)).toEqual(['inet fw4 ft']);
  });

  it('warns of a flowtable by its name', () => {
    expect(flowtableConcerns([])).toEqual([]);
    expect(flowtableConcerns(['inet fw4 ft'])).toMatchObject([
      { level: 'warn', seen: expect.stringContaining('inet fw4 ft') as string },
    ]);
  });
});
