import { originRank, type Entry, type Network } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortByImportance, withinCap, type Visit } from './over-cap.ts';

const entry = (last: number, expiresAt: number, origin = 'CAPI'): Entry => ({
  network: `192.0.2.${last}` as Network,
  expiresAt,
  origin,
  scenario: '',
  type: 'ban',
});
const nobody = (): boolean => false;

function overCap(all: readonly Entry[], limit: number, isHeld: (network: Network) => boolean): Entry[] {
  const visit: Visit = (see) => {
    for (const { network, origin, expiresAt } of all) see(network, originRank(origin), expiresAt);
  };
  const { chosen: kept } = withinCap(visit, limit, isHeld);
  return all.filter(({ network }) => !kept.has(network));
}

const names = (entries: readonly Entry[]) => entries.map(({ network }) => network).sort();

describe('what finds no place', () => {
  it('is the least important: CAPI before lists before local decisions, and the shortest first', () => {
    const all = [entry(1, 900), entry(2, 100), entry(3, 5, 'crowdsec'), entry(4, 50, 'lists'), entry(5, 7, 'cscli')];
    expect(names(overCap(all, 4, nobody))).toEqual(['192.0.2.2']);
    expect(names(overCap(all, 1, nobody))).toHaveLength(4);
    expect([overCap(all, 5, nobody), overCap(all, 0, nobody).length]).toEqual([[], 5]);
  });

  it('is the same when all ends are read again a few seconds apart, once the device holds the others', () => {
    const ends = fc.array(fc.integer({ min: 1000, max: 1003 }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(ends, ends, fc.integer({ min: 1, max: 19 }), (first, second, cap) => {
        const read = (all: readonly number[]) => all.map((end, index) => entry(index, end));
        const out = new Set(names(overCap(read(first), cap, nobody)));
        const isHeld = (network: Network) => !out.has(network);
        expect(names(overCap(read(second), cap, isHeld))).toEqual([...out].sort());
        // Also in a new process, before the device was read, whatever the order.
        expect(names(overCap(read(second).reverse(), cap, nobody))).toEqual([...out].sort());
      }),
    );
  });

  it('takes ends ten seconds apart for equal, so that what the device holds stays, and no further', () => {
    const held = (last: number) => (network: Network) => network === `192.0.2.${last}`;
    expect(names(overCap([entry(1, 110), entry(2, 100)], 1, held(2)))).toEqual(['192.0.2.1']);
    expect(names(overCap([entry(1, 111), entry(2, 100)], 1, held(2)))).toEqual(['192.0.2.2']);
  });

  it('never outweighs what stays, but for ends that are as good as equal', () => {
    const any = fc.record({
      end: fc.nat(200),
      origin: fc.constantFrom('crowdsec', 'lists', 'CAPI'),
      held: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 40 }), fc.nat(40), (rows, cap) => {
        const all = rows.map(({ end, origin }, index) => entry(index, end, origin));
        const out = overCap(all, cap, (network) => rows[Number(network.split('.')[3])]!.held);
        const left = all.filter((each) => !out.includes(each));
        expect(left).toHaveLength(Math.min(cap, all.length));
        for (const gone of out)
          for (const kept of left)
            expect(sortByImportance([kept, { ...gone, expiresAt: gone.expiresAt - 20 }])[0]).toBe(kept);
      }),
    );
  });
});
