import { describe, expect, it } from 'vitest';
import { forwardConcern } from './forwarding.ts';
import type { FirewallSettings } from '../config.ts';

const settings = (more: Partial<FirewallSettings>) =>
  ({ mode: 'nftables', hooks: ['input'], setOnly: false, ...more }) as FirewallSettings;

describe('a host that forwards', () => {
  it('is not covered by a rule that sees input alone, and the setting that covers it is named', () => {
    expect(forwardConcern(settings({}), true)).toMatchObject([{ level: 'warn', fix: 'FIREWALL_HOOKS=input,forward' }]);
    const iptables = settings({ mode: 'iptables', hooks: ['INPUT'] });
    expect(forwardConcern(iptables, true)).toMatchObject([{ level: 'warn', fix: 'FIREWALL_HOOKS=INPUT,FORWARD' }]);
  });

  it.each([
    ['it does not forward', settings({}), false],
    ['forward is guarded', settings({ hooks: ['input', 'forward'] }), true],
    ['a chain of Docker is guarded', settings({ mode: 'iptables', hooks: ['INPUT', 'DOCKER-USER'] }), true],
    ['the rules are the user’s own', settings({ setOnly: true }), true],
  ])('is no concern when %s', (_, given, isForwarding) => {
    expect(forwardConcern(given, isForwarding)).toEqual([]);
  });
});
