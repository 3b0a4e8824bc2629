import { describe, expect, it } from 'vitest';
import type { FirewallSettings } from '../config.ts';
import { NOTHING_GIVEN } from '../setup/given-settings.ts';
import { allowedBy, neverBanned } from '../walk/sources.ts';
import { addLine, readHeaders, readSaved } from './ipset.ts';
import { findRuleDamage, readFilter, removalScript, ruleScript } from './rules.ts';
import type { Network } from '@bouncer/stream';

const settings: FirewallSettings = {
  mode: 'iptables',
  table: 'crowdsec',
  hooks: ['INPUT', 'DOCKER-USER'],
  priority: 0,
  setOnly: false,
  denyAction: 'DROP',
  denyLog: false,
  logPrefix: 'crowdsec drop:',
  blockOutgoing: false,
  interfaces: [],
  connections: 'all',
  families: [4],
  isNeverBanned: neverBanned([], false),
  allowed: allowedBy([], false),
  given: NOTHING_GIVEN,
};
const MINE = '-m set --match-set crowdsec-4 src -m comment --comment crowdsec-firewall-bouncer -j DROP';
const SAVED = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:DOCKER-USER - [0:0]
[3:180] -A INPUT ${MINE}
[9:900] -A INPUT -i lo -j ACCEPT
[5:500] -A DOCKER-USER -m comment --comment "not crowdsec-firewall-bouncer2" -j RETURN
COMMIT
`;

describe('rules of iptables', () => {
  it('are known by their comment and nothing else', () => {
    const { rules, chains } = readFilter(SAVED, settings);
    expect(rules).toEqual([{ chain: 'INPUT', text: MINE, packets: 3, bytes: 180 }]);
    expect([...chains].sort()).toEqual(['DOCKER-USER', 'FORWARD', 'INPUT', 'OUTPUT']);
  });

  it('are missed where they should be', () => {
    expect(findRuleDamage('crowdsec-4', settings, readFilter(SAVED, settings))).toContain('DOCKER-USER');
    expect(
      findRuleDamage('crowdsec-4', { ...settings, hooks: ['INPUT'] }, readFilter(SAVED, settings)),
    ).toBeUndefined();
    expect(findRuleDamage('crowdsec-4', { ...settings, hooks: ['FORWARD'] }, readFilter(SAVED, settings))).toContain(
      'INPUT',
    );
    expect(findRuleDamage('crowdsec-4', { ...settings, setOnly: true }, readFilter(SAVED, settings))).toContain(
      'leftover rule of this connector',
    );
    const reject = { ...settings, hooks: ['INPUT'], denyAction: 'REJECT' as const };
    expect(findRuleDamage('crowdsec-4', reject, readFilter(SAVED, settings))).toContain('INPUT');
  });

  it('are put right in one commit, which touches nothing of others', () => {
    const log = { ...settings, denyLog: true };
    expect([...ruleScript('crowdsec-4', log, readFilter(SAVED, settings))].join('')).toBe(`*filter
-D INPUT ${MINE}
-I INPUT 1 ${MINE}
-I INPUT 1 -m set --match-set crowdsec-4 src -m limit --limit 10/sec --limit-burst 20 -m comment --comment crowdsec-firewall-bouncer -j LOG --log-prefix "crowdsec drop: "
-I DOCKER-USER 1 ${MINE}
-I DOCKER-USER 1 -m set --match-set crowdsec-4 src -m limit --limit 10/sec --limit-burst 20 -m comment --comment crowdsec-firewall-bouncer -j LOG --log-prefix "crowdsec drop: "
COMMIT
`);
    expect([...removalScript(readFilter(SAVED, settings))]).toEqual(['*filter\n', `-D INPUT ${MINE}\n`, 'COMMIT\n']);
  });

  it('wait for a chain that is not there yet', () => {
    const without = readFilter(SAVED.replace(/^:DOCKER-USER.*\n/m, ''), settings);
    expect(findRuleDamage('crowdsec-4', settings, without)).toBeUndefined();
    expect([...ruleScript('crowdsec-4', settings, without)].join('')).not.toContain('DOCKER-USER');
  });
});

describe('ipset', () => {
  it('is read by its headers', () => {
    const text = `Name: crowdsec-4
Type: hash:net
Revision: 7
Header: family inet hashsize 16384 maxelem 1048576 timeout 0 bucketsize 12 initval 0xdb35aa57
Number of entries: 15060

Name: other
Type: bitmap:port
Header: range 0-1024
Number of entries: 0
`;
    expect(readHeaders(text)).toMatchObject([
      { name: 'crowdsec-4', type: 'hash:net', family: 'inet', maxElements: 1_048_576, entries: 15_060 },
      { name: 'other', entries: 0 },
    ]);
    expect(readHeaders('')).toEqual([]);
  });

  it('is read line by line', () => {
    expect(readSaved('add crowdsec-4 192.0.2.0/24 timeout 77')).toEqual({ addresses: '192.0.2.0/24', timeout: 77 });
    expect(readSaved('add crowdsec-6 2001:db8::1')).toEqual({ addresses: '2001:db8::1', timeout: 0 });
    expect(readSaved('create crowdsec-4 hash:net family inet')).toBeUndefined();
  });

  it('is given no timeout that it cannot take, and no text that is no address', () => {
    expect(addLine('s', '192.0.2.1' as Network, 9_999_999)).toBe('add s 192.0.2.1 timeout 2147483\n');
    // 0 would mean for ever.
    expect(() => addLine('s', '192.0.2.1' as Network, 0)).toThrow('not a timeout');
    expect(() => addLine('s', '192.0.2.1\ndestroy' as Network, 5)).toThrow('not an address');
  });
});
