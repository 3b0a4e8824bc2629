import { describe, expect, it } from 'vitest';
import { firewallSettings, settingsFor, validateFirewall } from './config.ts';
import type { FirewallValues } from './config.ts';

const values: FirewallValues = {
  mode: 'nftables',
  table: 'crowdsec',
  hooks: ['input', 'forward'],
  priority: -10,
  setOnly: false,
  denyAction: 'DROP',
  denyLog: false,
  logPrefix: 'crowdsec drop:',
  blockOutgoing: false,
  interfaces: [],
  connections: 'all',
  ipv6: true,
  stateDir: undefined,
  dryRun: false,
  maxEntries: undefined,
  allowlist: [],
  blockPrivateNetworks: false,
};

describe('settings', () => {
  it('say hooks in the words of nftables, each once', () => {
    expect(settingsFor({ ...values, hooks: ['INPUT', 'input', 'Forward'] }).hooks).toEqual(['input', 'forward']);
  });

  it('say chains in the words of iptables, and leave unknown ones as they are', () => {
    const { hooks } = settingsFor({ ...values, mode: 'iptables', hooks: ['input', 'docker-user', 'ufw-before-input'] });
    expect(hooks).toEqual(['INPUT', 'DOCKER-USER', 'ufw-before-input']);
  });

  it('leave IPv6 out when told so', () => {
    expect(settingsFor({ ...values, ipv6: false }).families).toEqual([4]);
  });

  it('refuse hooks that nftables does not have, and none at all', () => {
    const problems = validateFirewall({ ...values, hooks: ['input', 'DOCKER-USER'] });
    expect(problems).toMatchObject([{ variable: 'FIREWALL_HOOKS', problem: '"DOCKER-USER" is no hook of nftables' }]);
    expect(validateFirewall({ ...values, mode: 'iptables', hooks: ['DOCKER-USER'] })).toEqual([]);
    expect(validateFirewall({ ...values, hooks: [] })).toHaveLength(1);
    expect(validateFirewall({ ...values, hooks: [], setOnly: true })).toEqual([]);
  });

  it.each([
    [{ hooks: ['output'] }, 'FIREWALL_HOOKS', 'nothing that comes in'],
    [{ hooks: ['OUTPUT'], mode: 'iptables' }, 'FIREWALL_HOOKS', 'nothing that comes in'],
    [{ hooks: ['output', 'postrouting'] }, 'FIREWALL_HOOKS', 'nothing that comes in'],
    [{ hooks: ['ingress'] }, 'FIREWALL_INTERFACES', 'in full'],
    [{ hooks: ['ingress'], interfaces: ['eth*'] }, 'FIREWALL_INTERFACES', 'in full'],
    [{ hooks: ['ingress'], interfaces: ['eth0'], connections: 'new' }, 'FIREWALL_CONNECTIONS', 'before the kernel'],
    [{ hooks: ['prerouting'], priority: -300, connections: 'incoming' }, 'FIREWALL_CONNECTIONS', 'before the kernel'],
  ] as const)('refuse %j', (more, variable, problem) => {
    const found = validateFirewall({ ...values, ...more });
    expect(found).toMatchObject([{ variable, problem: expect.stringContaining(problem) as string }]);
  });

  it.each([
    { hooks: ['input', 'output'] },
    { hooks: ['ingress'], interfaces: ['eth0'] },
    { hooks: ['output'], setOnly: true },
  ])('take %j', (more) => {
    expect(validateFirewall({ ...values, ...more })).toEqual([]);
  });

  it.each(['eth0; drop', 'a"b', 'much-too-long-a-name', '*', 'e*h', 'eth0+*'])('refuse the interface %j', (text) => {
    expect(firewallSettings.interfaces.kind.parse(text)).toHaveProperty('problem');
  });

  it.each(['a"b', "it's", 'a\\b', '$HOME', 'x'.repeat(29), '\u0007', 'ä'])('refuse the log prefix %j', (text) => {
    expect(firewallSettings.logPrefix.kind.parse(text)).toHaveProperty('problem');
  });

  it.each(['crowdsec drop:', '[blocked]', 'a (b), c: d'])('take the log prefix %j', (text) => {
    expect(firewallSettings.logPrefix.kind.parse(text)).toEqual({ value: text });
  });

  it.each(['crowdsec; flush ruleset', 'a b', '-t', '{', '1table', '', 'x'.repeat(21)])(
    'refuse the table %j',
    (text) => {
      expect(firewallSettings.table.kind.parse(text)).toHaveProperty('problem');
    },
  );

  it.each(['INPUT -j ACCEPT', '-A', 'IN;PUT', 'x'.repeat(29)])('refuse the hook %j', (text) => {
    expect(firewallSettings.hooks.kind.parse(text)).toHaveProperty('problem');
  });

  it.each([
    ['-300', -300],
    ['0', 0],
    ['+5', 5],
  ])('take the priority %j', (text, value) => {
    expect(firewallSettings.priority.kind.parse(text)).toEqual({ value });
  });

  it.each(['1.5', '1e3', 'first', '10001', '-10001', '--1'])('refuse the priority %j', (text) => {
    expect(firewallSettings.priority.kind.parse(text)).toHaveProperty('problem');
  });
});
