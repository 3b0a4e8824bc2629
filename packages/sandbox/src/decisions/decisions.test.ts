import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4, ipv4Range, ipv6, ipv6Range } from './addresses.ts';
import { decisionMix } from './decision-mix.ts';
import { mulberry32 } from './random.ts';
import { junkValues, oddSpellings } from './spellings.ts';

const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  notPublic.addSubnet(network, prefix, 'ipv4');

describe('addresses', () => {
  it('are public and sound, whatever the seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = mulberry32(seed);
        const single = ipv4(random);
        expect(isIP(single)).toBe(4);
        expect(notPublic.check(single)).toBe(false);
        expect(isIP(ipv6(random))).toBe(6);
        const [network = '', prefix = ''] = ipv4Range(random).split('/');
        expect(notPublic.check(network)).toBe(false);
        const bits = network
          .split('.')
          .map((octet) => Number(octet).toString(2).padStart(8, '0'))
          .join('');
        expect(bits.slice(Number(prefix))).not.toContain('1');
        expect(ipv6Range(random)).toMatch(/^[0-9a-f:]+::\/(48|64)$/);
      }),
    );
  });

  it('write IPv6 as the URL parser writes it, which is RFC 5952', () => {
    const random = mulberry32(7);
    for (let count = 0; count < 200; count += 1) {
      const address = ipv6(random);
      expect(new URL(`http://[${address}]/`).hostname).toBe(`[${address}]`);
    }
  });
});

describe('decisionMix', () => {
  it('is the same for the same seed and another for another', () => {
    const options = { capi: 200, lists: 50, local: 50 };
    expect(decisionMix({ ...options, seed: 5 })).toEqual(decisionMix({ ...options, seed: 5 }));
    expect(decisionMix({ ...options, seed: 6 })).not.toEqual(decisionMix({ ...options, seed: 5 }));
  });

  it('holds what was asked for', () => {
    const mix = decisionMix({ capi: 3000, lists: 1000, local: 500, ipv6: 0.2, ranges: 0.1, overlap: 0.5 });
    const of = (origin: string): number => mix.filter((decision) => decision.origin === origin).length;
    expect([of('CAPI'), of('lists'), of('crowdsec') + of('cscli')]).toEqual([3000, 1000, 500]);
    expect(of('cscli')).toBeGreaterThan(10);
    const six = mix.filter((decision) => decision.value.includes(':')).length / mix.length;
    expect(six).toBeGreaterThan(0.15);
    expect(six).toBeLessThan(0.25);
    expect(mix.some((decision) => decision.origin === 'lists' && decision.value.includes('/'))).toBe(true);
    expect(mix.some((decision) => decision.origin === 'CAPI' && decision.value.includes('/'))).toBe(false);
    const distinct = new Set(mix.map((decision) => decision.value)).size;
    expect(distinct).toBeGreaterThan(4000);
    expect(distinct).toBeLessThan(4400);
  });
});

describe('spellings', () => {
  it('are all odd, and junk is junk even to a lenient reader', () => {
    expect(oddSpellings.filter((odd) => odd.scope === 'Ip' && odd.value === odd.network)).toHaveLength(1);
    const single = junkValues.filter((value) => isIP(value) !== 0);
    expect(single).toEqual(['fe80::1%eth0']);
  });
});
