import { BlockList, isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4FromNumber } from './ipv4.ts';
import type { Network } from './network.ts';
import { parseNetwork } from './parse-network.ts';
import { createProtectedSpace } from './protected-space.ts';

function networks(...texts: string[]): Network[] {
  return texts.map((text) => parseNetwork(text)!);
}

function spaceOf(allowlist: string[] = [], addresses: string[] = [], blockPrivateNetworks = false) {
  return createProtectedSpace({
    allowlist: networks(...allowlist),
    addresses: networks(...addresses),
    blockPrivateNetworks,
  });
}

const shield = (text: string, space = spaceOf()) => space.shield(parseNetwork(text)!);

describe('protected space', () => {
  it.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['127.8.0.0/16', 'loopback'],
    ['::1', 'loopback'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.250', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['10.0.0.0/8', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.88.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['0.0.0.0/0', 'too wide'],
    ['64.0.0.0/7', 'too wide'],
    ['2001::/18', 'too wide'],
    ['::/0', 'too wide'],
  ])('never lets %s through: %s', (text, reason) => {
    expect(shield(text)).toEqual({ kept: [], reason });
  });

  it.each([
    ...[
      '1.1.1.1',
      '9.255.255.255',
      '11.0.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '223.255.255.255',
    ],
    ...[
      '240.0.0.1',
      '192.0.2.10',
      '198.51.100.0/24',
      '203.0.113.7',
      '2001:db8::1',
      '2001:db8::/32',
      '64.0.0.0/8',
      '2001::/19',
    ],
  ])('leaves %s alone', (text) => {
    expect(shield(text)).toEqual({ kept: [text] });
  });

  it('opens private space, and nothing else, when told to', () => {
    const open = spaceOf([], [], true);
    for (const text of ['10.0.0.0/8', '192.168.88.1', '100.64.0.1', 'fd00::1', '169.254.1.1', 'fe80::1']) {
      expect(shield(text, open).kept).toEqual([text]);
    }
    for (const text of ['127.0.0.1', '0.0.0.1', '224.0.0.1', '::1', '0.0.0.0/0'])
      expect(shield(text, open).kept).toEqual([]);
  });

  it('says whether it was the allowlist or one of our own addresses', () => {
    const space = spaceOf(['198.51.100.0/24', '2001:db8::/48'], ['203.0.113.1']);
    expect(shield('198.51.100.9', space)).toEqual({ kept: [], reason: 'allowlist' });
    expect(shield('2001:db8::9', space)).toEqual({ kept: [], reason: 'allowlist' });
    expect(shield('203.0.113.1', space)).toEqual({ kept: [], reason: 'own address' });
    expect(shield('203.0.113.2', space).kept).toEqual(['203.0.113.2']);
  });

  it('splits a range around the addresses it must not hold', () => {
    const space = spaceOf(['203.0.113.1', '203.0.113.128/25']);
    expect(shield('203.0.113.0/24', space)).toEqual({
      kept: [
        '203.0.113.0',
        '203.0.113.2/31',
        '203.0.113.4/30',
        '203.0.113.8/29',
        '203.0.113.16/28',
        '203.0.113.32/27',
        '203.0.113.64/26',
      ],
      reason: 'allowlist',
    });
  });

  it('keeps exactly the addresses of a network that are not protected', () => {
    const near = fc.nat(255).map((low) => ipv4FromNumber(0xac0fff00 + 128 + low));
    const nearRange = fc
      .tuple(near, fc.integer({ min: 22, max: 32 }))
      .map(([address, prefix]) => `${address}/${prefix}`);
    const nearIpv6 = fc
      .tuple(fc.nat(15), fc.integer({ min: 120, max: 128 }))
      .map(([low, prefix]) => `2001:db8::${low}/${prefix}`);
    const any = fc.oneof(nearRange, nearIpv6);
    fc.assert(
      fc.property(
        any,
        fc.array(any, { maxLength: 5 }),
        fc.array(
          fc.oneof(
            near,
            fc.nat(300).map((low) => `2001:db8::${low.toString(16)}`),
          ),
        ),
        (banned, allowed, probes) => {
          const space = spaceOf(allowed);
          const protectedList = blockList(['172.16.0.0/12', ...allowed]);
          const before = blockList([banned]);
          const after = blockList(space.shield(parseNetwork(banned)!).kept);
          for (const probe of probes) {
            const family = isIPv4(probe) ? 'ipv4' : 'ipv6';
            expect(after.check(probe, family)).toBe(before.check(probe, family) && !protectedList.check(probe, family));
          }
        },
      ),
      { numRuns: 300 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });
});

function blockList(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix] = text.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return list;
}
