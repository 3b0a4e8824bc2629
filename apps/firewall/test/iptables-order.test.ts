import { listBy } from '@bouncer/testkit';
import { silentLogger, type CheckStep } from '@bouncer/target';
import { systemClock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FirewallSettings } from '../src/config.ts';
import { IptablesTarget } from '../src/iptables/target.ts';
import { apply, calm, CountedPrograms, entry, firewallOf, pasteOwnRules } from './fixture.ts';
import { kernelMissing, Namespace } from './namespace.ts';

const reason = kernelMissing();
const MATCH = '-m set --match-set crowdsec-4 src';
const MARK = '-m comment --comment crowdsec-firewall-bouncer';

async function filled(more: Partial<FirewallSettings> = {}, before: readonly string[] = []) {
  const namespace = await Namespace.create();
  onTestFinished(() => namespace[Symbol.asyncDispose]());
  for (const command of before) await namespace.run(command);
  const programs = new CountedPrograms(namespace);
  const settings = firewallOf({ mode: 'iptables', ...more });
  const target = new IptablesTarget(settings, systemClock, silentLogger, programs.run);
  await target.open(calm);
  await listBy(target, calm);
  await apply(target, { create: [entry('198.51.100.7'), entry('2001:db8::1')] });
  const { held } = await listBy(target, calm);
  const steps = async (): Promise<CheckStep[]> => {
    const seen: CheckStep[] = [];
    for await (const step of target.check(calm)) seen.push(step);
    return seen.filter(({ step }) => step === 'rules' || step === 'sets');
  };
  const heal = async (): Promise<boolean> => {
    if (await target.verify(held, calm)) return false;
    expect((await listBy(target, calm)).needsApply).toBe(true);
    await apply(target, {});
    expect(await target.verify(held, calm)).toBe(true);
    return true;
  };
  return { namespace, programs, target, held, steps, heal };
}

describe.skipIf(reason !== undefined)(`iptables, where our rule stands (${reason ?? 'ready'})`, () => {
  it.each([
    ['ufw accepts what is established', ['iptables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT']],
    ['the same for IPv6', ['ip6tables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT']],
    [
      'Docker starts',
      [
        'iptables -N DOCKER-FORWARD',
        'iptables -A DOCKER-FORWARD -o docker0 -j ACCEPT',
        'iptables -I FORWARD -j DOCKER-FORWARD',
      ],
    ],
    [
      'a chain is left early',
      [
        'iptables -N x',
        'iptables -A x -p tcp -j RETURN',
        'iptables -A x -p tcp -j ACCEPT',
        'iptables -A x -p udp -j ACCEPT',
        'iptables -I INPUT -j x',
      ],
    ],
    ['a port is opened', ['iptables -I INPUT -p tcp --dport 22 -j ACCEPT']],
    ['a target is not known', ['iptables -I INPUT -j NFQUEUE --queue-num 1']],
    ['our rule is narrowed', [`iptables -R INPUT 1 -p tcp ${MATCH} ${MARK} -j DROP`]],
    ['our rule asks for the destination', [`iptables -R INPUT 1 -m set --match-set crowdsec-4 dst ${MARK} -j DROP`]],
    ['our rule is negated', [`iptables -R INPUT 1 -m set ! --match-set crowdsec-4 src ${MARK} -j DROP`]],
    ['our rule is limited', [`iptables -R INPUT 1 ${MATCH} -m limit --limit 1/min ${MARK} -j DROP`]],
    ['our rule lets in', [`iptables -R INPUT 1 ${MATCH} ${MARK} -j ACCEPT`]],
    ['our rule is there twice', [`iptables -I INPUT ${MATCH} ${MARK} -j DROP`]],
    [
      'our rule asks for an interface',
      [`ip6tables -R FORWARD 1 -i eth0 -m set --match-set crowdsec-6 src ${MARK} -j DROP`],
    ],
  ])('is put right in one look when %s', async (_what, commands) => {
    const { namespace, target, heal } = await filled();
    const before = await namespace.run('iptables-save -t filter');
    for (const command of commands) await namespace.run(command);
    expect(await heal()).toBe(true);
    expect(target.concerns().filter(({ level }) => level === 'fail')).toEqual([]);
    const after = await namespace.run('iptables-save -t filter');
    expect(after.match(/^-A (INPUT|FORWARD) .*/gm)?.filter((line) => before.includes(line))).toHaveLength(2);
  });

  it.each([
    ['loopback', 'iptables -I INPUT -i lo -j ACCEPT'],
    ['a log', 'iptables -I INPUT -j LOG'],
    ['a counter', 'iptables -I FORWARD -p tcp'],
    ['the LAN', 'iptables -I INPUT -s 192.168.0.0/16 -j ACCEPT'],
    ["somebody else's block", 'iptables -I INPUT -s 203.0.113.0/24 -j DROP'],
    ['a policy', 'iptables -P FORWARD DROP'],
  ])('may be second to what lets no banned packet through: %s', async (_what, command) => {
    const { namespace, target, programs, heal, steps } = await filled();
    await namespace.run(command);
    const writes = programs.writes;
    expect(await heal()).toBe(false);
    expect(programs.writes).toBe(writes);
    expect(target.concerns().filter(({ level }) => level === 'fail')).toEqual([]);
    expect((await steps()).map(({ level }) => level)).not.toContain('fail');
  });

  it('is a concern while something stands before it, and a warning when it comes again and again', async () => {
    const { namespace, target, held, heal } = await filled();
    const insert = 'iptables -I INPUT -p udp --dport 53 -j ACCEPT';
    await namespace.run(insert);
    expect(await target.verify(held, calm)).toBe(false);
    expect(target.concerns()).toMatchObject([{ level: 'fail', seen: expect.stringContaining('--dport 53') as string }]);
    await heal();
    expect(target.concerns()).toEqual([]);
    for (const times of [2, 3]) {
      await namespace.run(insert);
      await heal();
      expect(target.concerns()).toHaveLength(times === 3 ? 1 : 0);
    }
    expect(target.concerns()).toMatchObject([{ level: 'warn', seen: expect.stringContaining('--dport 53') as string }]);
    for (let look = 0; look < 32; look += 1) await target.verify(held, calm);
    expect(target.concerns()).toEqual([]);
  });

  it('writes once a look in a fight, and nothing between', async () => {
    const { namespace, programs, target, held, heal } = await filled();
    await namespace.run('iptables -I INPUT -p udp --dport 53 -j ACCEPT');
    const before = programs.writes;
    await heal();
    expect(programs.writes - before).toBeLessThanOrEqual(3);
    const healed = programs.writes;
    for (let look = 0; look < 5; look += 1) expect(await target.verify(held, calm)).toBe(true);
    expect(programs.writes).toBe(healed);
  });

  it('FAILs in the doctor with the name of what stands before it', async () => {
    const { namespace, steps } = await filled();
    expect(await steps()).toMatchObject([{ level: 'ok' }, { level: 'ok' }]);
    await namespace.run('iptables -I INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT');
    expect(await steps()).toContainEqual(
      expect.objectContaining({
        level: 'fail',
        seen: expect.stringContaining('--ctstate RELATED,ESTABLISHED') as string,
      }),
    );
    await namespace.run('iptables -D INPUT 1');
    await namespace.run('iptables -I INPUT -m mark --mark 1 -j ACCEPT');
    expect(await steps()).toContainEqual(
      expect.objectContaining({ level: 'warn', step: 'rules', seen: expect.stringContaining('--mark') as string }),
    );
  });

  it.each([
    [
      'nobody leads to it',
      ['iptables -N DOCKER-USER', 'ip6tables -N DOCKER-USER'],
      'fail',
      'no rule of INPUT or FORWARD leads',
    ],
    ['it is not there', [], 'fail', 'there is no chain DOCKER-USER'],
    [
      'packets are let through on the way to it',
      ['iptables', 'ip6tables'].flatMap((program) => [
        `${program} -N DOCKER-USER`,
        `${program} -A FORWARD -i eth0 -j ACCEPT`,
        `${program} -A FORWARD -j DOCKER-USER`,
      ]),
      'fail',
      '-i eth0 -j ACCEPT',
    ],
  ] as const)('is of no use in a chain of somebody else when %s', async (_what, before, level, seen) => {
    const { target, steps } = await filled({ hooks: ['DOCKER-USER'] }, before);
    expect(target.concerns()).toContainEqual(
      expect.objectContaining({ level, seen: expect.stringContaining(seen) as string }),
    );
    expect(await steps()).toContainEqual(
      expect.objectContaining({ level, seen: expect.stringContaining(seen) as string }),
    );
  });

  it('is enough in DOCKER-USER as Docker makes it', async () => {
    const docker = ['iptables', 'ip6tables'].flatMap((program) => [
      `${program} -N DOCKER-USER`,
      `${program} -N DOCKER-FORWARD`,
      `${program} -A DOCKER-FORWARD -o docker0 -j ACCEPT`,
      `${program} -A FORWARD -j DOCKER-USER`,
      `${program} -A FORWARD -j DOCKER-FORWARD`,
    ]);
    const { target } = await filled({ hooks: ['INPUT', 'DOCKER-USER'] }, docker);
    expect(target.concerns()).toEqual([]);
  });
});

describe.skipIf(reason !== undefined)(`iptables with rules of one's own (${reason ?? 'ready'})`, () => {
  const both = (rule: (set: string) => string, chains = ['INPUT', 'FORWARD']): string[] =>
    (['iptables', 'ip6tables'] as const).flatMap((program) =>
      chains.map((chain) => `${program} -A ${chain} ${rule(program === 'iptables' ? 'crowdsec-4' : 'crowdsec-6')}`),
    );
  const drop = (set: string): string => `-m set --match-set ${set} src -j DROP`;
  it.each([
    ['none', [], 'fail', 'no rule that is reached uses'],
    ['narrowed ones', both((set) => `-p tcp --dport 22 ${drop(set)}`), 'fail', 'only some'],
    ['those that let in', both((set) => drop(set).replace('DROP', 'ACCEPT')), 'fail', 'no rule that is reached uses'],
    [
      'late ones',
      [...both(() => '-m conntrack --ctstate ESTABLISHED -j ACCEPT'), ...both(drop)],
      'fail',
      'ESTABLISHED',
    ],
    [
      'unreached ones',
      ['iptables -N x', `iptables -A x ${drop('crowdsec-4')}`],
      'fail',
      'no rule that is reached uses',
    ],
    [
      'those in a chain that is reached',
      [
        'iptables -N x',
        'iptables -A INPUT -j x',
        'iptables -A FORWARD -j x',
        `iptables -A x ${drop('crowdsec-4')}`,
        ...both(drop).filter((rule) => rule.startsWith('ip6')),
      ],
      'ok',
      '',
    ],
    ['those in raw', both(drop, ['PREROUTING']).map((rule) => rule.replace(' -A', ' -t raw -A')), 'ok', ''],
    ['whole ones', both(drop), 'ok', ''],
  ] as const)('tells %s', async (_what, commands, level, seen) => {
    const { namespace, target, held, steps } = await filled({ setOnly: true });
    for (const command of commands) await namespace.run(command);
    await target.verify(held, calm);
    const concerns = target.concerns();
    if (level === 'ok') expect(concerns).toEqual([]);
    else
      expect(concerns).toContainEqual(
        expect.objectContaining({ level, seen: expect.stringContaining(seen) as string }),
      );
    expect(await steps()).toContainEqual(
      expect.objectContaining({ step: 'rules', level, seen: expect.stringContaining(seen) as string }),
    );
  });

  it('is content with what setup prints, pasted before the connector has ever run', async () => {
    const namespace = await Namespace.create();
    onTestFinished(() => namespace[Symbol.asyncDispose]());
    const programs = new CountedPrograms(namespace);
    const settings = firewallOf({ mode: 'iptables', setOnly: true });
    const target = new IptablesTarget(settings, systemClock, silentLogger, programs.run);
    await pasteOwnRules(namespace, target.setup());
    await target.open(calm);
    expect((await listBy(target, calm)).needsApply).toBe(false);
    expect(target.concerns()).toEqual([]);
  });
});
