import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Lab } from './lab.ts';
import { kernelMissing } from './namespace.ts';

const reason = kernelMissing();
const NOBODY = { CROWDSEC_API_URL: 'http://127.0.0.1:9' };

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'reboot-'));
  onTestFinished(() => {
    rmSync(made, { recursive: true });
  });
  return path.join(made, 'state');
}

const emptied = {
  nftables: ['nft flush ruleset'],
  iptables: ['iptables -F', 'iptables -t mangle -F', 'ip6tables -F', 'ip6tables -t mangle -F', 'ipset destroy'],
} as const;

describe.skipIf(reason !== undefined).each(['nftables', 'iptables'] as const)(
  `after a reboot, %s (${reason ?? 'ready'})`,
  (mode) => {
    it('the last list is in the kernel though LAPI is away, but for what ALLOWLIST protects by now', async () => {
      await using lab = await Lab.create();
      const env = { FIREWALL_MODE: mode, FIREWALL_STATE_DIR: folder() };
      await lab.tell(['ban 45.83.64.1 3600', 'ban 45.83.64.2 3600', 'ban 45.83.66.0/24 3600', 'ban 2a01:4f8::1 3600']);
      const first = lab.start(env);
      await until(
        'the bans count',
        async () => !(await lab.answers('2a01:4f8::1')) && !(await lab.answers('45.83.66.9')),
      );
      await first.stop();
      expect(statSync(path.join(env.FIREWALL_STATE_DIR, 'last-list')).mode & 0o077).toBe(0);
      for (const command of emptied[mode]) await lab.host.run(command);
      expect(await lab.answers('45.83.64.1')).toBe(true);
      lab.start({ ...env, ...NOBODY, ALLOWLIST: '45.83.64.2' });
      await until('the last list counts', async () => !(await lab.answers('45.83.64.1')));
      const answers = ['45.83.66.9', '2a01:4f8::1', '45.83.64.2'].map(async (from) => lab.answers(from));
      expect(await Promise.all(answers)).toEqual([false, false, true]);
    });

    it('what has ended since, what is damaged and what is not ours is left out', async () => {
      await using lab = await Lab.create();
      const env = { FIREWALL_MODE: mode, FIREWALL_STATE_DIR: folder() };
      await lab.tell(['ban 45.83.64.1 3600', 'ban 45.83.64.2 3600', 'ban 45.83.66.0/24 3600']);
      const first = lab.start(env);
      await until('the bans count', async () => !(await lab.answers('45.83.66.9')));
      await first.stop();
      const file = path.join(env.FIREWALL_STATE_DIR, 'last-list');
      const ended = readFileSync(file, 'utf8').replace(/^45\.83\.64\.2\t\d+/m, '45.83.64.2\t1000000');
      writeFileSync(
        file,
        `${ended}not an address\t9999999999\tCAPI\n0.0.0.0/0\t9999999999\tCAPI\n45.83.67.0\tsoon\t\n45.83.65.2`,
      );
      for (const command of emptied[mode]) await lab.host.run(command);
      lab.start({ ...env, ...NOBODY });
      await until('the last list counts', async () => !(await lab.answers('45.83.64.1')));
      expect([await lab.answers('45.83.64.2'), await lab.answers('45.83.67.0')]).toEqual([true, true]);
    });
  },
);
