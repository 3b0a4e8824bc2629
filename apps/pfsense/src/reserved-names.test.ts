import { expect, it } from 'vitest';
import { command } from '../test/product.ts';
import { reservedFor } from './reserved-names.ts';

const TAKEN =
  'bogons BOGONS bogonsv6 snort2c virusprot webConfiguratorlockout sshguard negate_networks tonatsubnets vpn_networks';
const MORE =
  'WAN lan opt3 WAN__NETWORK __lan_network _private4_ pfB_Top_v4 EasyRuleBlockHostsWAN cpzoneid_2 https OpenVPN pass any';

it.each([...TAKEN.split(' '), ...MORE.split(' ')])('%s is named as taken', async (alias) => {
  expect(reservedFor(alias)).toBeDefined();
  const env = { CROWDSEC_API_URL: 'http://127.0.0.1:9', CROWDSEC_BOUNCER_API_KEY: 'k', PFSENSE_MODE: 'serve' };
  const { code, stderr } = await command({ ...env, PFSENSE_ALIAS: alias }, 'config');
  expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
  expect(stderr).toContain('PFSENSE_ALIAS');
  expect(stderr).toContain(`"${alias}"`);
});

it.each(['crowdsec_blacklists', 'crowdsec', 'crowdsec2', 'my_bogons', 'CrowdSec_WAN'])('%s is free', (alias) => {
  expect(reservedFor(alias)).toBeUndefined();
});
