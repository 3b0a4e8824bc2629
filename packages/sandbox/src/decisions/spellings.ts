/** A value as LAPI may send it, and what it means. */
export interface Spelling {
  readonly value: string;
  /** Scope that comes with it, as seen on the wire. */
  readonly scope: string;
  /** Canonical text of the network. */
  readonly network: string;
}

/** Sound values in odd spelling; all seen from a real LAPI or possible with it. */
export const oddSpellings: readonly Spelling[] = [
  { value: '45.83.64.0/25', scope: 'Ip', network: '45.83.64.0/25' },
  { value: '45.83.66.77/24', scope: 'Range', network: '45.83.66.0/24' },
  { value: '45.83.67.5/32', scope: 'Range', network: '45.83.67.5' },
  { value: '::ffff:45.83.68.5', scope: 'Ip', network: '45.83.68.5' },
  { value: '::FFFF:2D53:4506', scope: 'Ip', network: '45.83.69.6' },
  { value: '2A01:4F8:0:0::AB', scope: 'Ip', network: '2a01:4f8::ab' },
  { value: '2a01:04f8:0001:0000:0000:0000:0000:0001', scope: 'Ip', network: '2a01:4f8:1::1' },
  { value: '2a01:4f8:2::1/64', scope: 'Range', network: '2a01:4f8:2::/64' },
  { value: '2a01:4f8:3::7/128', scope: 'Range', network: '2a01:4f8:3::7' },
];

/** Values that name no network. Each must be counted and must never reach a device, a file or a shell. */
export const junkValues: readonly string[] = [
  '',
  ' ',
  '0',
  'localhost',
  'evil.example.com',
  '010.1.2.3',
  '0x7f.1',
  '1.2.3',
  '1.2.3.4.5',
  '999.1.1.1',
  '45.83.64.1/33',
  '45.83.64.1/',
  '45.83.64.1/-1',
  '45.83.64.1/08',
  '45.83.64.1:80',
  '45.83.64.1-45.83.64.9',
  '45.83.64.1,45.83.64.2',
  'fe80::1%eth0',
  '2a01::4f8::1',
  '2a01:4f8::g',
  '2a01:4f8::/129',
  '[2a01:4f8::1]',
  '45.83.64.1"; drop',
  "45.83.64.1' or '1'='1",
  '$(reboot)',
  '`reboot`',
  '$[/system reboot]',
  '45.83.64.1; /system reset-configuration',
  '45.83.64.1\u0000',
  '<script>alert(1)</script>',
  '{{ value }}',
  '${HOME}',
  '4'.repeat(5000),
  '45.83.64.１',
];
