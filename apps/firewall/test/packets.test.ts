import { until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { Lab, SERVER } from './lab.ts';
import { kernelMissing } from './namespace.ts';

const reason = kernelMissing();

describe.skipIf(reason !== undefined).each([
  { mode: 'nftables', hooks: 'input,forward' },
  { mode: 'iptables', hooks: 'INPUT,FORWARD' },
])(`real packets, $mode (${reason ?? 'ready'})`, ({ mode, hooks }) => {
  const env = { FIREWALL_MODE: mode, FIREWALL_HOOKS: hooks };

  it('drops what is banned, whole ranges, and nothing beside', async () => {
    await using lab = await Lab.create();
    await lab.tell(['ban 45.83.64.1', 'ban 45.83.66.0/24', 'ban 2a01:4f8::1', 'ban 2a01:4f8:1::/48']);
    const connector = lab.start(env);
    await until('the ban counts', async () => !(await lab.answers('45.83.64.1')));
    const answers = async (from: string): Promise<[string, boolean]> => [from, await lab.answers(from)];
    expect([
      await answers('45.83.64.2'),
      await answers('45.83.66.9'),
      await answers('45.83.65.255'),
      await answers('45.83.67.0'),
      await answers('2a01:4f8::1'),
      await answers('2a01:4f8::2'),
      await answers('2a01:4f8:1::9'),
    ]).toEqual([
      ['45.83.64.2', true],
      ['45.83.66.9', false],
      ['45.83.65.255', true],
      ['45.83.67.0', true],
      ['2a01:4f8::1', false],
      ['2a01:4f8::2', true],
      ['2a01:4f8:1::9', false],
    ]);
    expect([
      await lab.connects('45.83.64.2'),
      await lab.connects('45.83.64.1'),
      await lab.connects('45.83.66.9'),
    ]).toEqual([true, false, false]);
    expect([await lab.answers('45.83.64.2', SERVER), await lab.answers('45.83.64.1', SERVER)]).toEqual([true, false]);
    await lab.tell(['unban 45.83.64.1']);
    await until('the ban is lifted', () => lab.answers('45.83.64.1'));
    expect(await connector.stop()).toBe(0);
    expect(await lab.answers('45.83.66.9')).toBe(false);
    expect(await lab.start(env, ['purge']).ended).toBe(0);
    expect([await lab.answers('45.83.66.9'), await lab.answers('2a01:4f8::1')]).toEqual([true, true]);
  });

  it('answers not one of the pings during restart, resync and a load of 100,000', async () => {
    await using lab = await Lab.create();
    await lab.tell(['ban 45.83.64.1', 'ban 45.83.66.0/24', 'ban 45.83.66.9 9000']);
    const first = lab.start(env);
    for (const from of ['45.83.64.1', '45.83.66.9']) {
      await until('the ban counts', async () => !(await lab.answers(from)));
    }
    const probes = [lab.probe('45.83.64.1'), lab.probe('45.83.66.9'), lab.probe('45.83.64.2')];
    expect(await first.stop()).toBe(0);
    const second = lab.start({ ...env, CROWDSEC_RESYNC_INTERVAL: '1s' });
    await until('it runs again', () => second.stdout.includes('connector'));
    await lab.tell(['ban 45.90.0.1', 'ban 45.83.66.128/25 20000']);
    await until('it follows', () => /"created":[12]/.test(second.stdout));
    const crowd = Array.from(
      { length: 100_000 },
      (_, index) => `ban 46.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
    );
    await lab.tell(crowd);
    await until('all are in the kernel', () => createdIn(second.stdout) >= 100_001, 500);
    expect(await second.stop()).toBe(0);
    const third = lab.start(env, ['sync']);
    expect(await third.ended).toBe(0);
    const [single, range, control] = await Promise.all(probes.map((probe) => probe.stop()));
    expect([single?.received, range?.received]).toEqual([0, 0]);
    expect(single?.sent).toBeGreaterThan(100);
    expect(control?.received).toBeGreaterThan(100);
    // A hundred thousand entries are listed every second, which takes its time on a busy machine.
  }, 600_000);
});

function createdIn(log: string): number {
  return [...log.matchAll(/"created":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
}
