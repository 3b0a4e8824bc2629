import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalV4, canonicalV6 } from './canonical.ts';

describe('the IPv4 list', () => {
  it.each([
    ['192.0.34.166', '192.0.34.166'],
    ['192.0.34.166/32', '192.0.34.166'],
    ['203.0.113.77/24', '203.0.113.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['203.0.113.0-203.0.113.255', '203.0.113.0/24'],
    ['203.0.113.7-203.0.113.7', '203.0.113.7'],
    ['203.0.113.1-203.0.113.254', '203.0.113.1-203.0.113.254'],
    ['203.0.113.128-203.0.114.127', '203.0.113.128-203.0.114.127'],
  ])('prints %s as %s', (text, canonical) => {
    expect(canonicalV4(text)).toEqual({ kind: 'address', text: canonical });
  });

  it.each(['203.0.113.1-254', 'example.com', '1.2.3', '256.1.1.1', '010.1.1.1', '9.9.9.9-1.1.1.1'])(
    'takes %s for a DNS name without a word',
    (text) => {
      expect(canonicalV4(text)).toEqual({ kind: 'name', text });
    },
  );

  it.each(['2001:db8::1', '1.2.3.4/33', '1.2.3.4/', '1.2.3.4-', 'two words', '', '$[/quit]'])('refuses %j', (text) => {
    expect(() => canonicalV4(text)).toThrow(`failure: ${text} is not a valid dns name`);
  });
});

describe('the IPv6 list', () => {
  it.each([
    ['2001:DB8::1', '2001:db8::1/128'],
    ['2001:db8:0:0:0:0:0:1/128', '2001:db8::1/128'],
    ['2001:db8:1:2:3:4:5:6/64', '2001:db8:1:2::/64'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1/128'],
    ['2001:0:0:1:1:0:0:1', '2001::1:1:0:0:1/128'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1/128'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0/128'],
    ['::', '::/128'],
    ['::/0', '::/0'],
    ['fe80::1.2.3.4', 'fe80::102:304/128'],
  ])('prints %s as %s', (text, canonical) => {
    expect(canonicalV6(text).text).toBe(canonical);
  });

  it.each([
    '1.2.3.4',
    'example.com',
    '2001:db8::1-2001:db8::2',
    '2001:db8::/129',
    'fe80::1%eth0',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    '',
  ])('refuses %j', (text) => {
    expect(() => canonicalV6(text)).toThrow(`failure: ${text} is not a valid dns name`);
  });
});

describe('canonical forms', () => {
  it('stay as they are when they are read again', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`);
    const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`);
    fc.assert(
      fc.property(v4, v6, (four, six) => {
        const [first, second] = [canonicalV4(four).text, canonicalV6(six).text];
        expect(canonicalV4(first).text).toBe(first);
        expect(canonicalV6(second).text).toBe(second);
      }),
    );
  });

  it('name the same address as another reader would', () => {
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const [address = ''] = canonicalV6(ip).text.split('/');
        expect(isIP(address)).toBe(6);
        expect(new URL(`http://[${address}]/`).hostname).toBe(new URL(`http://[${ip}]/`).hostname);
      }),
    );
  });
});
