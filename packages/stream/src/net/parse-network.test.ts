import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNetwork } from './parse-network.ts';

describe('parseNetwork', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7/32', '203.0.113.7'],
    ['192.0.2.77/24', '192.0.2.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    [' 203.0.113.7\n', '203.0.113.7'],
    ['2001:DB8:0:0::AB', '2001:db8::ab'],
    ['2001:db8::1/128', '2001:db8::1'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['::/0', '::/0'],
    ['::ffff:192.0.2.5', '192.0.2.5'],
    ['::FFFF:c000:0205', '192.0.2.5'],
    ['::ffff:192.0.2.5/120', '192.0.2.0/24'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::ffff:0:0/95', '::fffe:0:0/95'],
    ['64:ff9b::192.0.2.5', '64:ff9b::c000:205'],
  ])('reads %j as %j', (text, network) => {
    expect(parseNetwork(text)).toBe(network);
  });

  it.each([
    ...['', ' ', '010.1.2.3', '1.2.3.04', '0x7f.1', '0x7f000001', '1.2.3', '1.2.3.4.5', '256.1.1.1', '2130706433'],
    ...['1.2.3.4/33', '1.2.3.4/', '1.2.3.4/08', '1.2.3.4/+8', '1.2.3.4/-1', '1.2.3.4/8/8', '1.2.3.4/255.0.0.0'],
    ...['1.2.3.4 /8', '1.2.3.4/ 8', '1.2.3. 4', '1.2.3.4;reboot', '"1.2.3.4"', '$[1]', '1.2.3.4\u0000', '１.2.3.4'],
    ...[
      '::1/129',
      'fe80::1%eth0',
      'fe80::1%eth0/64',
      '[::1]',
      '::1::',
      ':::',
      '1:2:3:4:5:6:7',
      'g::',
      '12345::',
      '::010.1.2.3',
    ],
    ...['localhost', 'example.org', 'FR', 'AS64500', '-1', `1.2.3.4${' '.repeat(100)}`],
  ])('refuses %j', (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });

  it('gives the text that the URL standard gives for any IPv6 address, however it is written', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const network = parseNetwork(text);
        if (network !== undefined && !network.includes(':')) return;
        expect(`[${network ?? ''}]`).toBe(new URL(`http://[${text}]/`).hostname);
      }),
    );
  });

  it('never throws, and reads its own answers as themselves', () => {
    const ipv4 = fc.tuple(fc.ipV4(), fc.nat(40)).map(([address, prefix]) => `${address}/${prefix}`);
    const ipv6 = fc.tuple(fc.ipV6(), fc.nat(140)).map(([address, prefix]) => `${address}/${prefix}`);
    const noise = fc.stringMatching(/^[0-9abf:.\/% x]*$/);
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6, noise, fc.string()), (text) => {
        const network = parseNetwork(text);
        if (network !== undefined) expect(parseNetwork(network)).toBe(network);
      }),
    );
  });
});
