import { Secret, parseHostPort } from '@bouncer/target';
import { describe, expect, it } from 'vitest';
import { mikrotikSettings } from './config.ts';
import type { MikrotikValues } from './config.ts';
import { routersOf, targetName } from './router-settings.ts';
import { validateMikrotik } from './validate.ts';

const VALUES: MikrotikValues = {
  host: [{ host: '192.168.88.1' }],
  user: 'crowdsec',
  password: new Secret('secret'),
  tls: true,
  list: 'crowdsec',
  listIpv6: undefined,
  groupLists: [],
  ipv4: true,
  ipv6: true,
  maxTtl: undefined,
  caFile: undefined,
  fingerprint: undefined,
  insecure: false,
  anonymous: false,
  manageRules: false,
  ruleTable: 'raw',
  ruleChains: [],
  ruleAction: 'drop',
  ruleLogPrefix: undefined,
  ruleOutgoing: false,
  ruleAfter: undefined,
  wanInterfaceList: 'WAN',
  blockPrivateNetworks: false,
  dryRun: false,
  maxEntries: undefined,
};

function problems(change: Partial<MikrotikValues>): string[] {
  return validateMikrotik({ ...VALUES, ...change }).map(({ variable, problem }) => `${variable} ${problem}`);
}

describe('mikrotikSettings', () => {
  it('answers to the names that the peers use', () => {
    expect(mikrotikSettings.password.aliases).toEqual(['MIKROTIK_PASS']);
    expect(mikrotikSettings.list.aliases).toEqual(['MIKROTIK_ADDRESS_LIST']);
  });

  it.each(['crowdsec', 'crowdsec-blocked', 'a', 'block list', '$"\\'])('takes %j for the name of a list', (list) => {
    expect(mikrotikSettings.list.kind.parse(list)).toEqual({ value: list });
  });

  it.each(['', '!crowdsec', ' crowdsec', 'crowdsec ', 'a\nb', 'blöcked', 'x'.repeat(65)])(
    'refuses %j for the name of a list',
    (list) => {
      expect(mikrotikSettings.list.kind.parse(list)).toHaveProperty('problem');
    },
  );
});

describe('MIKROTIK_LISTS', () => {
  it('takes a name for each group', () => {
    const groups = 'local:cs-local,lists:cs:lists, community:"x"';
    expect(mikrotikSettings.groupLists.kind.parse(groups)).toEqual({
      value: ['local:cs-local', 'lists:cs:lists', 'community:"x"'],
    });
  });

  it.each(['cs-local', 'capi:x', 'local:', 'local:!x', 'local:a,b'])('refuses %j', (text) => {
    expect(mikrotikSettings.groupLists.kind.parse(text)).toHaveProperty('problem');
  });
});

describe('validateMikrotik', () => {
  it('finds nothing wrong with sound settings', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ caFile: '/ca.pem', fingerprint: 'ab'.repeat(32) })).toEqual([]);
    expect(problems({ tls: false, ipv6: false })).toEqual([]);
  });

  it.each<[Partial<MikrotikValues>, RegExp]>([
    [{ password: new Secret('<routeros-api-password>') }, /^MIKROTIK_PASSWORD is a placeholder/],
    [{ ipv4: false, ipv6: false }, /^MIKROTIK_IPV6 .*nothing would be blocked/],
    [{ insecure: true, anonymous: true }, /^MIKROTIK_TLS_ANONYMOUS contradicts MIKROTIK_TLS_INSECURE/],
    [{ insecure: true, fingerprint: 'ab'.repeat(32) }, /^MIKROTIK_TLS_INSECURE contradicts MIKROTIK_TLS_FINGERPRINT/],
    [{ tls: false, anonymous: true }, /^MIKROTIK_TLS_ANONYMOUS needs MIKROTIK_TLS=true/],
    [{ tls: false, caFile: '/ca.pem' }, /^MIKROTIK_CA_FILE needs MIKROTIK_TLS=true/],
    [{ groupLists: ['local:a', 'local:b'] }, /^MIKROTIK_LISTS names local twice/],
    [{ ruleTable: 'filter' }, /^MIKROTIK_RULE_TABLE needs MIKROTIK_MANAGE_RULES=true/],
    [{ ruleAfter: 'admins' }, /^MIKROTIK_RULE_AFTER needs MIKROTIK_MANAGE_RULES=true/],
    [{ manageRules: true, ruleAction: 'reject' }, /^MIKROTIK_RULE_ACTION reject needs MIKROTIK_RULE_TABLE=filter/],
    [{ manageRules: true, ruleChains: ['input'] }, /^MIKROTIK_RULE_CHAINS input is no chain of raw/],
    [{ host: [{ host: 'Router' }, { host: 'router', port: 8729 }] }, /^MIKROTIK_HOST names router port 8729 twice/],
  ])('%o', (change, text) => {
    expect(problems(change)).toEqual([expect.stringMatching(text)]);
  });
});

describe('routersOf', () => {
  it('knows the port by the kind of API, for each of several routers', () => {
    const host = ['192.168.88.1', 'router.lan:9999', '[fd00::1]:8729', 'fd00::2'].map((text) => parseHostPort(text)!);
    const secure = routersOf({ ...VALUES, host });
    expect(secure.map(({ port }) => port)).toEqual([8729, 9999, 8729, 8729]);
    expect(secure.map(targetName)).toEqual([
      'mikrotik 192.168.88.1',
      'mikrotik router.lan:9999',
      'mikrotik fd00::1',
      'mikrotik fd00::2',
    ]);
    expect(routersOf({ ...VALUES, host, tls: false }).map(({ port }) => port)).toEqual([8728, 9999, 8729, 8728]);
  });

  it('switches on what is asked for', () => {
    expect(routersOf({ ...VALUES, ipv6: false, manageRules: true, wanInterfaceList: 'wan' })).toMatchObject([
      { families: [4], manageRules: true, wanInterfaceList: 'wan', tls: { insecure: false, anonymous: false } },
    ]);
    expect(routersOf({ ...VALUES, tls: false })).toMatchObject([{ tls: undefined, manageRules: false }]);
  });
});
