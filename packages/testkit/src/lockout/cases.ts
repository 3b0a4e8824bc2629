import { places } from '@bouncer/sandbox';

/** What LAPI bans, and who may still come in. All cases are in force at once: none may undo another. */
export interface LockoutCase {
  readonly name: string;
  /** Values as LAPI sends them. */
  readonly banned: readonly string[];
  /** Addresses that must not be blocked. */
  readonly open: readonly string[];
  /** Addresses that must be, so that the case can fail both ways. */
  readonly blocked?: readonly string[];
}

/** The ALLOWLIST of the suite. */
export const allowlist = '45.90.1.1, 45.91.0.0/16, 45.92.7.7 2a09:1::7';

/** Addresses in private space that BLOCK_PRIVATE_NETWORKS opens. */
export const privateAddresses = ['192.168.1.20', '10.1.2.3', '172.16.5.9', '100.64.3.3', 'fd00::5'] as const;

/** At the default settings, but for the ALLOWLIST. */
export const lockoutCases: readonly LockoutCase[] = [
  {
    name: 'an attacker, and the range of another, are blocked',
    banned: ['46.4.0.77', '46.5.0.0/16', '2a0b::5', '2a0c:1::/48'],
    open: ['46.4.0.78', '46.6.0.1', '2a0b::6', '2a0c:2::1'],
    blocked: ['46.4.0.77', '46.5.255.1', '2a0b::5', '2a0c:1::9'],
  },
  {
    name: 'the LAN and all private space',
    banned: [...privateAddresses, '10.0.0.0/9', '192.168.0.0/16', 'fd00::/24'],
    open: privateAddresses,
  },
  {
    name: 'the gateway',
    banned: [places.gateway, places.gateway6],
    open: [places.gateway, places.gateway6],
  },
  { name: 'LAPI', banned: [places.lapi, `${places.lapi}/32`], open: [places.lapi] },
  { name: 'the device', banned: [places.device], open: [places.device] },
  { name: 'the connector itself', banned: [places.own, places.own6], open: [places.own, places.own6] },
  {
    name: 'a range around LAPI, device and connector: split around them',
    banned: ['45.83.0.0/24', '2a01:4f8::/64'],
    open: [places.lapi, places.device, places.own, places.own6],
    blocked: ['45.83.0.99', '45.83.0.13', '45.83.0.2', '2a01:4f8::99'],
  },
  { name: 'an address on the ALLOWLIST', banned: ['45.90.1.1'], open: ['45.90.1.1'] },
  {
    name: 'an address in a range on the ALLOWLIST, and a part of it',
    banned: ['45.91.200.3', '45.91.4.0/24'],
    open: ['45.91.200.3', '45.91.4.5'],
  },
  {
    name: 'a range around an address on the ALLOWLIST: split around it',
    banned: ['45.92.7.0/24', '2a09:1::/64'],
    open: ['45.92.7.7', '2a09:1::7'],
    blocked: ['45.92.7.6', '45.92.7.8', '45.92.7.255', '2a09:1::8', '2a09:1::6'],
  },
  {
    name: 'everybody',
    banned: ['0.0.0.0/0', '::/0', '0.0.0.0/1', '128.0.0.0/1', '44.0.0.0/7', '2000::/3', '2a00::/12'],
    open: ['45.1.1.1', '44.9.9.9', '203.0.113.9', '2a0f::1', '2001:db8::1'],
  },
  {
    name: 'the same in odd spellings',
    banned: [
      '::ffff:192.168.1.20',
      '::ffff:45.90.1.1',
      '::FFFF:2D5A:0101',
      '45.90.1.1/32',
      '192.168.1.77/24',
      '2A09:1:0:0::7',
      '::ffff:0.0.0.0/96',
    ],
    open: ['192.168.1.20', '45.90.1.1', '192.168.1.7', '2a09:1::7', '45.1.1.1'],
  },
];

/** Nobody sends from there, but a list that holds them is one step from a machine that cannot speak to itself. */
export const neverHeld: readonly string[] = [
  '0.0.0.0',
  '127.0.0.1',
  '127.9.9.0/24',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'ff02::1',
  'fe80::1',
];
