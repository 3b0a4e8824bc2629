import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromInterval, mergeIntervals, subtractIntervals, toInterval } from './interval.ts';
import type { Interval } from './interval.ts';
import type { Family, Network } from './network.ts';
import { parseNetwork } from './parse-network.ts';

/** Small enough to list every address. */
const SPAN = 64;
const base = { 4: 0xcb007100n, 6: 0x20010db8n << 96n } as const;

const small: fc.Arbitrary<Interval> = fc
  .tuple(fc.constantFrom<Family>(4, 6), fc.nat(SPAN - 1), fc.nat(SPAN - 1))
  .map(([family, a, b]) => ({
    family,
    first: base[family] + BigInt(Math.min(a, b)),
    last: base[family] + BigInt(Math.max(a, b)),
  }));

/** Every address of the intervals, as text. */
function members(intervals: readonly Interval[]): Set<string> {
  const found = new Set<string>();
  for (const { family, first, last } of intervals) for (let at = first; at <= last; at++) found.add(`${family} ${at}`);
  return found;
}

const network = fc
  .oneof(fc.tuple(fc.ipV4(), fc.nat(32)), fc.tuple(fc.ipV6(), fc.nat(128)))
  .map(([address, prefix]) => parseNetwork(`${address}/${prefix}`)!);

describe('intervals', () => {
  it.each([
    ['203.0.113.7', 0xcb007107n, 0xcb007107n],
    ['0.0.0.0/0', 0n, 2n ** 32n - 1n],
    ['198.51.100.0/24', 0xc6336400n, 0xc63364ffn],
    ['::/0', 0n, 2n ** 128n - 1n],
    ['2001:db8::/32', 0x20010db8n << 96n, (0x20010db9n << 96n) - 1n],
  ])('%s covers exactly its addresses', (text, first, last) => {
    expect(toInterval(text as Network)).toMatchObject({ first, last });
  });

  it('give any network back as it was', () => {
    fc.assert(
      fc.property(network, (any) => {
        expect(fromInterval(toInterval(any))).toEqual([any]);
      }),
    );
  });

  it('become the fewest networks, which cover the same addresses in order', () => {
    fc.assert(
      fc.property(small, (interval) => {
        const networks = fromInterval(interval);
        const covered = networks.map(toInterval);
        expect(members(covered)).toEqual(members([interval]));
        expect(covered.reduce((sum, { first, last }) => sum + Number(last - first) + 1, 0)).toBe(
          members([interval]).size,
        );
        // No two neighbours could be one: that is what makes them the fewest.
        for (const [index, { first, last }] of covered.entries()) {
          const next = covered[index + 1];
          const size = last - first + 1n;
          if (next) expect(next.last - next.first + 1n !== size || first % (2n * size) !== 0n).toBe(true);
        }
      }),
    );
  });

  it('merge to sorted intervals with gaps between them, and no address more or less', () => {
    fc.assert(
      fc.property(fc.array(small), (intervals) => {
        const merged = mergeIntervals(intervals);
        expect(members(merged)).toEqual(members(intervals));
        for (const [index, interval] of merged.entries()) {
          const next = merged[index + 1];
          if (next?.family === interval.family) expect(next.first).toBeGreaterThan(interval.last + 1n);
          if (next) expect(next.family).toBeGreaterThanOrEqual(interval.family);
        }
      }),
    );
  });

  it('subtract like sets of addresses do', () => {
    fc.assert(
      fc.property(fc.array(small), fc.array(small), (from, remove) => {
        const left = subtractIntervals(from, remove);
        const removed = members(remove);
        expect(members(left)).toEqual(new Set([...members(from)].filter((address) => !removed.has(address))));
        expect(mergeIntervals(left)).toEqual(left);
      }),
    );
  });

  it('agree with node:net on who is inside', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), fc.ipV4(), (address, prefix, probe) => {
        const list = new BlockList();
        list.addSubnet(address, prefix, 'ipv4');
        const range = toInterval(parseNetwork(`${address}/${prefix}`)!);
        const at = toInterval(parseNetwork(probe)!).first;
        expect(range.first <= at && at <= range.last).toBe(list.check(probe, 'ipv4'));
      }),
    );
  });
});
