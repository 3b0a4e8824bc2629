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
  list: 'crowdsec-blocked',
  families: [4, 6],
  tls: { insecure: false, anonymous: false },
  dryRun: false,
};

describe('setupText', () => {
  it('prints user, certificate, service and rules with the names of this configuration, and no password', () => {
    const text = setupText(SETTINGS);
    for (const line of [
      '/user/group/add name=crowdsec policy=read,write,api',
      '/user/add name=crowdsec group=crowdsec password=<password>',
      '/ip/service/set api-ssl disabled=no port=8729',
      '/ip/firewall/raw/add chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec-blocked comment="CrowdSec"',
      '/ipv6/firewall/raw/add chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec-blocked comment="CrowdSec"',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('subject-alt-name="IP:192.168.88.1"');
    expect(text).toContain('RouterOS 6');
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
    expect(setupText({ ...SETTINGS, manageRules: { wanInterfaceList: 'WAN' } })).not.toContain('/raw/add');
  });
});
