import { until } from '@bouncer/sandbox';
import { describe, expect, it } from 'vitest';
import { Lab, SERVER } from './lab.ts';
import { kernelMissing } from './namespace.ts';

const reason = kernelMissing();
const BANNED = ['45.83.64.1', '2a01:4f8::1'] as const;
/** The verification of every 20 s, and the time that a busy machine takes. */
const HEALED_WITHIN = 60;

async function banned(mode: string, more: Readonly<Record<string, string>> = {}): Promise<Lab> {
  const lab = await Lab.create();
  await lab.tell(BANNED.map((address) => `ban ${address}`));
  lab.start({ FIREWALL_MODE: mode, ...more });
  for (const from of BANNED) await until('the ban counts', async () => !(await lab.answers(from)));
  return lab;
}

/** Docker as it starts: its chains at the head of FORWARD, with what it accepts. */
const DOCKER = [
  'iptables -N DOCKER-USER',
  'iptables -N DOCKER-FORWARD',
  'iptables -A DOCKER-FORWARD -o inside -j ACCEPT',
  'iptables -I FORWARD -j DOCKER-FORWARD',
  'iptables -I FORWARD -j DOCKER-USER',
];
const UFW = ['iptables', 'ip6tables'].map(
  (program) => `${program} -I INPUT -m conntrack --ctstate NEW,ESTABLISHED,RELATED -j ACCEPT`,
);

describe.skipIf(reason !== undefined)(`real packets while others change the firewall (${reason ?? 'ready'})`, () => {
  it.each([
    ['iptables', 'Docker starts', DOCKER, [['45.83.64.1', SERVER]]],
    ['iptables', 'ufw puts its rule first', UFW, BANNED.map((from) => [from])],
    ['iptables', 'the chains are flushed', ['iptables -F', 'ip6tables -F'], BANNED.map((from) => [from])],
    [
      'iptables',
      'another ruleset is restored',
      ['sh -c printf\t"*filter\\n:INPUT\tACCEPT\\n-A\tINPUT\t-j\tACCEPT\\nCOMMIT\\n"|iptables-restore'],
      [['45.83.64.1']],
    ],
    [
      'nftables',
      'the table is put to sleep',
      ['nft add table inet crowdsec { flags dormant; }'],
      BANNED.map((from) => [from]),
    ],
    [
      'nftables',
      'a rule lets all in',
      ['nft insert rule inet crowdsec crowdsec_input accept'],
      BANNED.map((from) => [from]),
    ],
    [
      'nftables',
      'our answer is to let in',
      ['nft flush chain inet crowdsec crowdsec_deny', 'nft add rule inet crowdsec crowdsec_deny accept'],
      [['45.83.64.1', SERVER], ['2a01:4f8::1']],
    ],
  ] as const)('%s: when %s, a banned host is out again within a look', async (mode, _what, commands, probes) => {
    // With DROP the rules in the table mangle would not let it in for a moment.
    await using lab = await banned(mode, mode === 'iptables' ? { FIREWALL_DENY_ACTION: 'REJECT' } : {});
    for (const command of commands) await lab.host.run(command);
    // It is let in now: else this test would prove nothing.
    for (const [from, to] of probes) expect([from, await lab.answers(from, to)]).toEqual([from, true]);
    for (const [from, to] of probes) {
      await until('it is out again', async () => !(await lab.answers(from, to)), HEALED_WITHIN);
    }
    expect(await lab.answers('45.83.64.2')).toBe(true);
  });

  it('iptables: whatever others put first in the table filter, not one answer', async () => {
    await using lab = await banned('iptables');
    const probe = lab.probe('45.83.64.1');
    for (const command of [...DOCKER, ...UFW, 'iptables -F', 'iptables -I INPUT -j ACCEPT'])
      await lab.host.run(command);
    for (const from of BANNED) expect([from, await lab.answers(from)]).toEqual([from, false]);
    expect([await lab.answers('45.83.64.1', SERVER), await lab.answers('45.83.64.2')]).toEqual([false, true]);
    const { sent, received } = await probe.stop();
    expect([received, sent > 5]).toEqual([0, true]);
  });

  it('iptables: lets not one packet through while the rule is moved to the head, and none for a policy', async () => {
    await using lab = await banned('iptables');
    const probe = lab.probe('45.83.64.1');
    // What accepts others only leaves the banned host out all the time, while our rule is replaced under fire.
    await lab.host.run('iptables -I INPUT -p tcp --dport 1 -j ACCEPT');
    await lab.host.run('iptables -P FORWARD DROP');
    await lab.host.run('iptables -P INPUT ACCEPT');
    const head = async (): Promise<string> => (await lab.host.run('iptables -S INPUT')).split('\n')[1] ?? '';
    await until('it is put right', async () => (await head()).includes('crowdsec-firewall-bouncer'), HEALED_WITHIN);
    const { sent, received } = await probe.stop();
    expect(received).toBe(0);
    expect(sent).toBeGreaterThan(5);
  });

  it('nftables: an accept of others in front, at whatever priority, grants nothing', async () => {
    await using lab = await banned('nftables');
    const probe = lab.probe('45.83.64.1');
    await lab.host.run('nft add table inet other');
    for (const [hook, priority] of [
      ['prerouting', -400],
      ['input', -350],
      ['forward', -300],
    ] as const) {
      await lab.host.run(`nft add chain inet other ${hook} { type filter hook ${hook} priority ${priority} ; }`);
      await lab.host.run(`nft add rule inet other ${hook} accept`);
    }
    await lab.host.run('iptables -I INPUT -j ACCEPT');
    expect([await lab.answers('45.83.64.1'), await lab.answers('45.83.64.1', SERVER)]).toEqual([false, false]);
    expect((await probe.stop()).received).toBe(0);
    expect(await lab.answers('45.83.64.2')).toBe(true);
  });
});
