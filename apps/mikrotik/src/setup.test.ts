import { describe, expect, it } from 'vitest';
import type { RouterSettings } from './router-settings.ts';
import { removalText } from './setup-removal.ts';
import { setupText } from './setup.ts';

const SETTINGS: RouterSettings = {
  host: '192.168.88.1',
  port: 8729,
  user: 'crowdsec',
  password: {
    value: () => {
      throw new Error('the password must not be asked for');
    },
    refresh: () => false,
  },
  newPassword: '0123456789abcdef',
  list: 'crowdsec-blocked',
  families: [4, 6],
  tls: { insecure: false, anonymous: false },
  manageRules: false,
  wanInterfaceList: 'WAN',
  blockPrivateNetworks: false,
  dryRun: false,
};

describe('setupText', () => {
  it('prints user, certificate, service and rules with the names of this configuration, and no password', () => {
    const text = setupText(SETTINGS);
    for (const line of [
      '/user group add name=crowdsec policy=read,write,api',
      '/user add name=crowdsec group=crowdsec password="0123456789abcdef"',
      '/ip service set api-ssl disabled=no port=8729',
      '/ip firewall raw add chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec-blocked comment="CrowdSec"',
      '/ipv6 firewall raw add chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec-blocked comment="CrowdSec"',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('subject-alt-name="IP:192.168.88.1"');
    // The form with slashes inside is RouterOS 7's alone.
    expect(text.split('\n').filter((line) => /(?:^|[;{[]) *\/[a-z0-9]+\//.test(line))).toEqual([]);
  });

  it('has nothing in it that would be pasted as it stands but is meant to be replaced', () => {
    expect(setupText(SETTINGS)).not.toMatch(/<[a-z]/);
  });

  it.each([
    ['api-ssl', SETTINGS],
    ['api', { ...SETTINGS, tls: undefined }],
  ])('limits who may reach %s before it is on', (service, settings) => {
    const lines = setupText(settings).split('\n');
    const at = (text: string): number =>
      lines.findIndex((line) => line.startsWith(`/ip service set ${service} ${text}`));
    expect(at('address=10.0.0.0/8,')).toBeGreaterThan(0);
    expect(lines.findIndex((line) => line.includes('disabled=no'))).toBe(at('disabled=no'));
    expect(at('disabled=no')).toBeGreaterThan(at('address='));
  });

  it('moves each rule to the first place that the router allows, and makes one without a limit where WAN has no member', () => {
    const lines = setupText(SETTINGS).split('\n');
    for (const menu of ['/ip firewall raw', '/ipv6 firewall raw']) {
      const made = lines.findIndex((line) => line.startsWith(`${menu} add `));
      expect(lines[made + 1]).toMatch(/^:if \(\[:len \[.*list=WAN\]\] = 0\) do=\{[^{}]*action=drop src-address-list/);
      expect(lines[made + 2]).toMatch(
        /^\/\S+ firewall raw move \[find .*\] destination=\[:pick \[find dynamic=no\] 0\]$/,
      );
    }
  });

  it('quotes names that a script would act on', () => {
    const text = setupText({ ...SETTINGS, list: 'a"; /system/reboot; $x', user: 'crowd sec' });
    expect(text).toContain('src-address-list="a\\"; /system/reboot; \\$x"');
    expect(text).toContain('name="crowd sec"');
  });

  it('leaves out what this configuration does not need', () => {
    const plain = setupText({ ...SETTINGS, port: 8728, tls: undefined, families: [4] });
    expect(plain).not.toMatch(/certificate|ipv6/);
    expect(plain).toContain('/ip service set api disabled=no port=8728');
    expect(setupText({ ...SETTINGS, manageRules: true })).not.toContain('raw add');
  });
});

describe('removalText', () => {
  it('takes back all that setup made, the rules first and the way in last', () => {
    const lines = removalText(SETTINGS)
      .split('\n')
      .filter((line) => line.startsWith('/'));
    const rule =
      'remove [find src-address-list=crowdsec-blocked comment~"^(CrowdSec\\$|crowdsec-bouncer rule for list )"]';
    const row = 'remove [find list=crowdsec-blocked comment~"^crowdsec-bouncer( |\\$)"]';
    expect(lines).toEqual([
      ...['/ip firewall raw', '/ip firewall filter'].map((menu) => `${menu} ${rule}`),
      ...['/ipv6 firewall raw', '/ipv6 firewall filter'].map((menu) => `${menu} ${rule}`),
      ...['/ip firewall address-list', '/ipv6 firewall address-list'].map((menu) => `${menu} ${row}`),
      '/user remove [find name=crowdsec]',
      '/user group remove [find name=crowdsec]',
      '/ip service set api-ssl disabled=yes address="" certificate=none tls-version=any',
      '/certificate remove [find name=crowdsec-api]',
      '/certificate remove [find name=crowdsec-ca]',
      '/file remove [find name="cert_export_crowdsec-ca.crt"]',
    ]);
  });

  it('names every user, group, certificate and service that setup names', () => {
    const [made, taken] = [setupText(SETTINGS), removalText(SETTINGS)];
    const names = [...made.matchAll(/^\/(?:user|user group|certificate) add name=([\w-]+)/gm)].map(([, each]) => each);
    expect(names).toEqual(['crowdsec', 'crowdsec', 'crowdsec-ca', 'crowdsec-api']);
    for (const each of names) expect(taken).toContain(`remove [find name=${each ?? ''}]`);
  });

  it('is as narrow as its settings, and quotes what a script would act on', () => {
    const plain = removalText({ ...SETTINGS, tls: undefined, families: [4], list: 'a"; $x', ruleOutgoing: true });
    expect(plain).not.toMatch(/certificate|ipv6|api-ssl/);
    expect(plain).toContain('/ip service set api disabled=yes address=""\n');
    expect(plain).toContain('find dst-address-list="a\\"; \\$x" comment~');
  });
});
