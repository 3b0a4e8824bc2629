import { listBy } from '@bouncer/testkit';
import { silentLogger } from '@bouncer/target';
import { instantNow, systemClock, type Network } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FirewallSettings } from '../src/config.ts';
import { IPSET_MAX_TIMEOUT_SECONDS } from '../src/iptables/ipset.ts';
import { IptablesTarget } from '../src/iptables/target.ts';
import { apply, calm, CountedPrograms, entry, firewallOf } from './fixture.ts';
import { kernelMissing, Namespace } from './namespace.ts';

const reason = kernelMissing();

async function filled(more: Partial<FirewallSettings> = {}) {
  const namespace = await Namespace.create();
  onTestFinished(() => namespace[Symbol.asyncDispose]());
  const programs = new CountedPrograms(namespace);
  const make = (settings: Partial<FirewallSettings> = more): IptablesTarget =>
    new IptablesTarget(firewallOf({ mode: 'iptables', ...settings }), systemClock, silentLogger, programs.run);
  const target = make();
  await target.open(calm);
  await listBy(target, calm);
  await apply(target, { create: [entry('198.51.100.7'), entry('203.0.113.0/24'), entry('2001:db8::1')] });
  return { namespace, programs, target, make };
}

describe.skipIf(reason !== undefined)(`iptables and ipset in the kernel (${reason ?? 'ready'})`, () => {
  it('keeps one rule a chain for each family, also in DOCKER-USER once it is there', async () => {
    const { namespace, target } = await filled({ hooks: ['INPUT', 'DOCKER-USER'] });
    expect(await rulesIn(namespace, 'iptables')).toEqual(['INPUT']);
    for (const program of ['iptables', 'ip6tables']) await namespace.run(`${program} -N DOCKER-USER`);
    const { held } = await listBy(target, calm);
    expect(await target.verify(held, calm)).toBe(false);
    await listBy(target, calm);
    await apply(target, {});
    expect(await rulesIn(namespace, 'iptables')).toEqual(['INPUT', 'DOCKER-USER']);
    expect(await rulesIn(namespace, 'ip6tables')).toEqual(['INPUT', 'DOCKER-USER']);
    expect(await target.verify(held, calm)).toBe(true);
  });

  it.each([
    ['a rule', ['iptables -F INPUT']],
    ['the rules of IPv6', ['ip6tables -F']],
    ['the elements', ['ipset flush crowdsec-4']],
    ['everything', ['iptables -F', 'ip6tables -F', 'iptables -t mangle -F', 'ip6tables -t mangle -F', 'ipset destroy']],
  ])('sees that somebody removes %s, and heals it', async (_what, commands) => {
    const { namespace, target } = await filled();
    const { held } = await listBy(target, calm);
    expect(await target.verify(held, calm)).toBe(true);
    for (const command of commands) await namespace.run(command);
    expect(await target.verify(held, calm)).toBe(false);
    const current = await listBy(target, calm);
    const missing = [...held.keys()].filter((network) => !current.held.has(network));
    await apply(target, { create: missing.map((network) => entry(network)) });
    expect([...(await listBy(target, calm)).held.keys()].sort()).toEqual([...held.keys()].sort());
    expect(await target.verify(held, calm)).toBe(true);
    expect(await rulesIn(namespace, 'iptables')).toEqual(['INPUT', 'FORWARD']);
  });

  it('replaces the rule when the settings have changed, log rule first', async () => {
    const { namespace, make } = await filled();
    const other = make({ hooks: ['INPUT'], denyAction: 'REJECT', denyLog: true });
    await other.open(calm);
    expect((await listBy(other, calm)).needsApply).toBe(true);
    await apply(other, {});
    const saved = await namespace.run('iptables-save -t filter');
    expect(saved.match(/-A INPUT .* -j (?:LOG|REJECT)/g)?.map((line) => line.split(' -j ')[1])).toEqual([
      'LOG',
      'REJECT',
    ]);
    expect(saved).not.toContain('-A FORWARD');
  });

  it('makes a full load ready beside the old set, and puts it in its place in one step', async () => {
    const { namespace, target } = await filled();
    const { held } = await listBy(target, calm);
    const gone = held.get('198.51.100.7' as Network)!;
    // What a load that was cut leaves behind.
    await namespace.run('ipset create crowdsec-4-new hash:net family inet timeout 0');
    await target.open(calm);
    const crowd = Array.from({ length: 6000 }, (_, index) => entry(`45.90.${index >> 8}.${index & 255}`));
    await apply(target, { create: crowd, delete: [gone] });
    const after = (await listBy(target, calm)).held;
    expect(after.size).toBe(6002);
    expect([after.has(gone.network), after.has('203.0.113.0/24' as Network)]).toEqual([false, true]);
    expect(await namespace.run('ipset list -n')).toBe('crowdsec-4\ncrowdsec-6\n');
  });

  it('replaces a set that is too small without losing what is in it', async () => {
    const namespace = await Namespace.create();
    onTestFinished(() => namespace[Symbol.asyncDispose]());
    await namespace.run('ipset create crowdsec-4 hash:net family inet maxelem 10 timeout 0');
    await namespace.run('ipset add crowdsec-4 198.51.100.9 timeout 600');
    const programs = new CountedPrograms(namespace);
    const target = new IptablesTarget(firewallOf({ mode: 'iptables' }), systemClock, silentLogger, programs.run);
    await target.open(calm);
    expect((await listBy(target, calm)).needsApply).toBe(true);
    await apply(target, { create: [entry('198.51.100.7')] });
    expect(await namespace.run('ipset list -t crowdsec-4')).toContain('maxelem 1048576');
    expect([...(await listBy(target, calm)).held.keys()].sort()).toEqual(['198.51.100.7', '198.51.100.9']);
  });

  it('clamps what lasts longer than ipset can count, and holds nested ranges each with its own end', async () => {
    const { target } = await filled();
    await apply(target, { create: [entry('45.0.0.0/8', 9e6), entry('45.1.0.0/16', 60)] });
    const { held } = await listBy(target, calm);
    const left = (network: string): number => held.get(network as Network)!.expiresAt - instantNow(systemClock);
    expect(left('45.0.0.0/8')).toBeGreaterThan(IPSET_MAX_TIMEOUT_SECONDS - 10);
    expect(left('45.0.0.0/8')).toBeLessThanOrEqual(IPSET_MAX_TIMEOUT_SECONDS);
    expect(left('45.1.0.0/16')).toBeLessThanOrEqual(60);
  });

  it('counts what it drops, and purges all of it and nothing else', async () => {
    const { namespace, target } = await filled();
    await namespace.run('iptables -A INPUT -s 9.9.9.9 -j DROP');
    await apply(target, { create: [entry('127.0.0.9')] });
    await expect(namespace.run('ping -n -c 1 -W 0.2 -I 127.0.0.9 127.0.0.1')).rejects.toThrow();
    expect(await target.counters(calm)).toEqual([
      { family: 4, packets: 1, bytes: 84 },
      { family: 6, packets: 0, bytes: 0 },
    ]);
    await target.open(calm);
    await target.purge(calm);
    await apply(target, { delete: [...(await listBy(target, calm)).held.values()] });
    expect(await namespace.run('ipset list -n')).toBe('');
    expect((await namespace.run('iptables-save -t filter')).match(/^-A .*/gm)).toEqual([
      '-A INPUT -s 9.9.9.9/32 -j DROP',
    ]);
  });
});

/** Chains that hold a rule of ours. */
async function rulesIn(namespace: Namespace, program: 'iptables' | 'ip6tables'): Promise<readonly string[]> {
  const saved = await namespace.run(`${program}-save -t filter`);
  return [...saved.matchAll(/^-A (\S+) .*crowdsec-firewall-bouncer -j DROP$/gm)].map(([, chain]) => chain ?? '');
}
