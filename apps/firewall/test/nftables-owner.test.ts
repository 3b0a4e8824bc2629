import { listBy } from '@bouncer/testkit';
import { silentLogger, type CheckStep, type HeldEntry } from '@bouncer/target';
import { TransientError, systemClock } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FirewallSettings } from '../src/config.ts';
import { NftablesTarget } from '../src/nftables/target.ts';
import type { RunProgram } from '../src/program.ts';
import { apply, calm, CountedPrograms, entry, firewallOf, pasteOwnRules } from './fixture.ts';
import { kernelMissing, Namespace } from './namespace.ts';

const reason = kernelMissing();

async function filled(more: Partial<FirewallSettings> = {}) {
  const namespace = await Namespace.create();
  onTestFinished(() => namespace[Symbol.asyncDispose]());
  const programs = new CountedPrograms(namespace);
  const make = (settings: Partial<FirewallSettings> = more): NftablesTarget =>
    new NftablesTarget(firewallOf(settings), systemClock, silentLogger, programs.run);
  const target = make();
  await target.open(calm);
  await listBy(target, calm);
  await apply(target, { create: [entry('198.51.100.7'), entry('203.0.113.0/24')] });
  return { namespace, programs, target, make };
}

async function* allButTheLast(pieces: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  let held: string | undefined;
  for await (const piece of pieces) {
    if (held !== undefined) yield held;
    held = piece;
  }
}

async function steps(target: NftablesTarget): Promise<CheckStep[]> {
  const seen: CheckStep[] = [];
  for await (const step of target.check(calm)) seen.push(step);
  return seen;
}

describe.skipIf(reason !== undefined)(`nftables and others (${reason ?? 'ready'})`, () => {
  it.each([
    ['the table', 'delete table inet crowdsec'],
    ['everything', 'flush ruleset'],
    ['the rules', 'flush chain inet crowdsec crowdsec_input'],
    ['a chain', 'flush chain inet crowdsec crowdsec_input; delete chain inet crowdsec crowdsec_input'],
    ['the answer', 'flush chain inet crowdsec crowdsec_deny'],
    [
      'nothing, but lets all pass',
      'flush chain inet crowdsec crowdsec_deny; add rule inet crowdsec crowdsec_deny accept',
    ],
    ['the singles', 'flush set inet crowdsec crowdsec_capi4'],
    ['the ranges', 'flush set inet crowdsec crowdsec_capi4_ranges'],
    [
      'nothing, but replaces a rule under its comment',
      'replace rule inet crowdsec crowdsec_input handle RULE ip saddr @crowdsec_local4 counter name crowdsec_local4 accept comment "MARK"',
    ],
    [
      'nothing, but narrows a rule under its comment',
      'replace rule inet crowdsec crowdsec_input handle RULE tcp dport 22 ip saddr @crowdsec_local4 counter name crowdsec_local4 goto crowdsec_deny comment "MARK"',
    ],
    [
      'nothing, but turns a rule round',
      'replace rule inet crowdsec crowdsec_input handle RULE ip saddr != @crowdsec_local4 counter name crowdsec_local4 goto crowdsec_deny comment "MARK"',
    ],
    ['nothing, but puts the table to sleep', 'add table inet crowdsec { flags dormant; }'],
    [
      'nothing, but moves a chain',
      'flush chain inet crowdsec crowdsec_input; delete chain inet crowdsec crowdsec_input; add chain inet crowdsec crowdsec_input { type filter hook output priority -10; }',
    ],
    ['nothing, but turns the policy', 'chain inet crowdsec crowdsec_input { policy drop; }'],
    ['nothing, but adds a rule in front', 'insert rule inet crowdsec crowdsec_input accept'],
    ['nothing, but adds a chain under our prefix', 'add chain inet crowdsec crowdsec_other'],
  ])('sees that somebody removes %s, and heals it', async (_what, command) => {
    const { namespace, target } = await filled();
    const before = await namespace.run('nft -s list ruleset');
    const { held } = await listBy(target, calm);
    expect(await target.verify(held, calm)).toBe(true);
    const [, mark = '', rule = ''] =
      /comment "(crowdsec-firewall-bouncer \w+)" # handle (\d+)/.exec(
        await namespace.run('nft -a list chain inet crowdsec crowdsec_input'),
      ) ?? [];
    for (const each of command.split(/; (?!})/))
      await namespace.run(`nft ${each.replace('RULE', rule).replace('MARK', mark)}`);
    expect(await target.verify(held, calm)).toBe(false);
    const current = await listBy(target, calm);
    const missing = [...held.values()].filter(({ network }) => !current.held.has(network));
    expect(missing.length > 0 || current.needsApply).toBe(true);
    await apply(target, { create: missing.map(({ network }) => entry(network)) });
    expect(await target.verify((await listBy(target, calm)).held, calm)).toBe(true);
    expect(sorted(await namespace.run('nft -s list ruleset'))).toEqual(sorted(before));
  });

  it('does not pretend to have written when the table has just gone', async () => {
    const { namespace, target } = await filled();
    await namespace.run('nft delete table inet crowdsec');
    await expect(apply(target, { create: [entry('198.51.100.8')] })).rejects.toThrow(TransientError);
    await target.open(calm);
    await listBy(target, calm);
    await apply(target, { create: [entry('198.51.100.8')] });
    expect([...(await listBy(target, calm)).held.keys()]).toEqual(['198.51.100.8']);
  });

  it('changes nothing when it is killed before the last piece of a script is out', async () => {
    const { namespace, programs } = await filled();
    const before = await namespace.run('nft -s list ruleset');
    const cut: RunProgram = (run) =>
      programs.run(run.args.includes('-f') && run.input ? { ...run, input: allButTheLast(run.input) } : run);
    const target = new NftablesTarget(firewallOf({ hooks: ['input'] }), systemClock, silentLogger, cut);
    await target.open(calm);
    const { held } = await listBy(target, calm);
    const update = [...held.values()].map((each) => ({ entry: entry(each.network, 9000), held: each }));
    const create = [entry('198.51.100.8'), entry('198.51.100.0/25')];
    await apply(target, { create, update: update.slice(1), delete: update.slice(0, 1).map((each) => each.held) });
    expect(sorted(await namespace.run('nft -s list ruleset'))).toEqual(sorted(before));
  });

  it('tells what the kernel took of a large change of which it refused a part, and goes on from there', async () => {
    const { namespace, programs } = await filled();
    let commits = 0;
    const refusing: RunProgram = async (run) => {
      if (!run.args.includes('-f') || (commits += 1) !== 2) return programs.run(run);
      // All of it is fed, as its turn has come, and then the kernel says no.
      const lines: string[] = [];
      for await (const line of run.input ?? []) lines.push(line);
      return programs.run({ ...run, input: [...lines, 'add element inet crowdsec no_such_set { 192.0.2.1 }\n'] });
    };
    const target = new NftablesTarget(firewallOf(), systemClock, silentLogger, refusing);
    await target.open(calm);
    const { held } = await listBy(target, calm);
    const create = Array.from({ length: 25_000 }, (_, index) => entry(`100.1.${index >> 8}.${index & 255}`));
    const written = (each: HeldEntry<string>) => void held.set(each.network, each);
    const report = { written, removed: () => undefined, refused: () => undefined };
    await expect(target.apply({ create, update: [], delete: [] }, new Map(held), report, calm)).rejects.toThrow(
      TransientError,
    );
    expect(held.size).toBe(10_002);
    expect([...(await listBy(target, calm)).held.keys()].sort()).toEqual([...held.keys()].sort());
    const missing = create.filter(({ network }) => !held.has(network));
    await apply(target, { create: missing });
    expect((await listBy(target, calm)).held.size).toBe(25_002);
    expect(await namespace.run('nft list set inet crowdsec crowdsec_capi4')).toContain('100.1.97.167');
  });

  it('makes the chains anew for other settings, and leaves the elements where they are', async () => {
    const { namespace, make } = await filled();
    const other = make({ denyAction: 'REJECT', denyLog: true, hooks: ['prerouting'], priority: -300 });
    await other.open(calm);
    const { held, needsApply } = await listBy(other, calm);
    expect([held.size, needsApply]).toEqual([2, true]);
    await apply(other, {});
    const ruleset = await namespace.run('nft list table inet crowdsec');
    expect(ruleset).toContain('hook prerouting priority raw');
    expect(ruleset).toContain('log prefix "crowdsec drop: "');
    expect(ruleset).toMatch(/limit rate 10\/second/);
    expect(ruleset).toContain('reject with tcp reset');
    expect(ruleset).not.toContain('hook input');
    expect(await other.verify(held, calm)).toBe(true);
    expect((await listBy(other, calm)).held.size).toBe(2);
  });

  it('purges all that is ours and nothing else', async () => {
    const { namespace, target } = await filled();
    await namespace.run('nft add table inet mine');
    await target.open(calm);
    await target.purge(calm);
    const { held, strays } = await listBy(target, calm);
    const told = await apply(target, { delete: [...held.values(), ...strays] });
    expect(told.removed.size).toBe(2);
    expect((await namespace.run('nft list ruleset')).trim()).toBe('table inet mine {\n}');
  });

  it('leaves what others have in the same table', async () => {
    const { namespace, target } = await filled();
    await namespace.run('nft add chain inet crowdsec mine');
    await target.open(calm);
    await target.purge(calm);
    await apply(target, { delete: [...(await listBy(target, calm)).held.values()] });
    expect((await namespace.run('nft list ruleset')).replaceAll(/\s+/g, ' ').trim()).toBe(
      'table inet crowdsec { chain mine { } }',
    );
  });

  it('keeps sets only, when told so, and checks that a rule uses each of them', async () => {
    const { namespace, target } = await filled({ setOnly: true, families: [4] });
    expect(await namespace.run('nft list table inet crowdsec')).not.toContain('chain');
    const before = (await steps(target)).find(({ step }) => step === 'rules');
    expect(before).toMatchObject({ ok: false, seen: expect.stringContaining('capi4_ranges') as string });
    await pasteOwnRules(namespace, target.setup());
    expect((await steps(target)).find(({ step }) => step === 'rules')).toMatchObject({ ok: true });
    const { held } = await listBy(target, calm);
    expect(await target.verify(held, calm)).toBe(true);
  });

  it('tells of the tables of the Go bouncer', async () => {
    const { namespace, target } = await filled();
    expect((await steps(target)).filter(({ ok }) => !ok)).toEqual([]);
    await namespace.run('nft add table ip crowdsec');
    const found = (await steps(target)).find(({ step }) => step === 'neighbours');
    expect(found?.fix).toContain('nft delete table ip crowdsec');
  });
});

/** Chains that were made anew stand at another place. */
function sorted(ruleset: string): string[] {
  return ruleset
    .split('\n')
    .map((line) => line.replace(/ timeout .*/, '').trim())
    .sort();
}
