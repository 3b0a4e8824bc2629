import { describe, expect, it } from 'vitest';
import type { RouterSettings } from './router-settings.ts';
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
      '/user/group/add name=crowdsec policy=read,write,api',
      '/user/add name=crowdsec group=crowdsec password="0123456789abcdef"',
      '/ip/service/set api-ssl disabled=no port=8729',
      '/ip/firewall/raw/add chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec-blocked comment="CrowdSec"',
      '/ipv6/firewall/raw/add chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec-blocked comment="CrowdSec"',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('subject-alt-name="IP:192.168.88.1"');
    expect(text).toContain('RouterOS 6');
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
      lines.findIndex((line) => line.startsWith(`/ip/service/set ${service} ${text}`));
    expect(at('address=10.0.0.0/8,')).toBeGreaterThan(0);
    expect(lines.findIndex((line) => line.includes('disabled=no'))).toBe(at('disabled=no'));
    expect(at('disabled=no')).toBeGreaterThan(at('address='));
  });

  it('moves each rule to the first place that the router allows, and makes one without a limit where WAN has no member', () => {
    const lines = setupText(SETTINGS).split('\n');
    for (const menu of ['/ip/firewall/raw', '/ipv6/firewall/raw']) {
      const made = lines.findIndex((line) => line.startsWith(`${menu}/add `));
      expect(lines[made + 1]).toMatch(/^:if \(\[:len \[.*list=WAN\]\] = 0\) do=\{[^{}]*action=drop src-address-list/);
      expect(lines[made + 2]).toMatch(/^\S+\/move \[find .*\] destination=\[:pick \[find dynamic=no\] 0\]$/);
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
    expect(plain).toContain('/ip/service/set api disabled=no port=8728');
    expect(setupText({ ...SETTINGS, manageRules: true })).not.toContain('/raw/add');
  });
});
