import { DecisionSet, parseNetwork } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Capabilities } from '@bouncer/target';
import { Desired } from './desired.ts';
import { sortByImportance } from './over-cap.ts';

const everything: Capabilities = { families: [4, 6], ranges: true, expires: true };

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function setOf(...entries: readonly [value: string, expiresAt: number, origin: string][]): DecisionSet {
  const set = new DecisionSet();
  for (const [index, [value, expiresAt, origin]] of entries.entries())
    set.add(network(value), index, expiresAt, origin, 'test');
  return set;
}

function wanted(desired: Desired): string[] {
  return [...desired.entries()].map((entry) => entry.network).sort();
}

describe('Desired', () => {
  it('leaves out what the target cannot hold, and says why', () => {
    const set = setOf(['192.0.2.1', 10, 'CAPI'], ['198.51.100.0/24', 10, 'CAPI'], ['2001:db8::1', 10, 'CAPI']);
    const desired = new Desired(set, () => ({ families: [4], ranges: false, expires: true }));
    desired.refresh();
    expect(wanted(desired)).toEqual(['192.0.2.1']);
    expect(Object.fromEntries(desired.skipped())).toEqual({
      '198.51.100.0/24': 'ranges are not supported',
      '2001:db8::1': 'address family is switched off',
    });
  });

  it('counts what it leaves out as entries come, go and move', () => {
    const set = setOf(['192.0.2.1', 10, 'CAPI'], ['192.0.2.2', 20, 'CAPI'], ['2001:db8::1', 10, 'CAPI']);
    const desired = new Desired(set, () => ({ ...everything, families: [4] }), 1);
    desired.refresh();
    expect(desired.limit).toBe(1);
    expect(desired.skippedCounts()).toEqual({ 'address family is switched off': 1, 'over MAX_ENTRIES': 1 });
    set.add(network('192.0.2.3'), 9, 30, 'cscli', 'test');
    desired.touch([network('192.0.2.3')]);
    expect(desired.skippedCounts()).toEqual({ 'address family is switched off': 1, 'over MAX_ENTRIES': 2 });
    for (const [index, value] of ['192.0.2.1', '192.0.2.2', '2001:db8::1'].entries()) {
      set.delete(network(value), index);
      desired.touch([network(value)]);
    }
    expect(desired.skippedCounts()).toEqual({});
    expect(new Desired(set, () => everything).limit).toBe(Infinity);
  });

  it('keeps local decisions first under the cap, then lists, then CAPI, the longest left first', () => {
    const set = setOf(
      ['192.0.2.1', 900, 'CAPI'],
      ['192.0.2.2', 100, 'CAPI'],
      ['192.0.2.3', 5, 'crowdsec'],
      ['192.0.2.4', 50, 'lists'],
      ['192.0.2.5', 7, 'cscli'],
    );
    const desired = new Desired(set, () => everything, 4);
    desired.refresh();
    expect(wanted(desired)).toEqual(['192.0.2.1', '192.0.2.3', '192.0.2.4', '192.0.2.5']);
  });

  it("lets the user's cap win over the device's", () => {
    const set = setOf(['192.0.2.1', 1, 'CAPI'], ['192.0.2.2', 2, 'CAPI']);
    const small: Capabilities = { ...everything, maxEntries: 1 };
    const byDevice = new Desired(set, () => small);
    byDevice.refresh();
    expect(byDevice.size).toBe(1);
    const byUser = new Desired(set, () => small, 2);
    byUser.refresh();
    expect(byUser.size).toBe(2);
  });

  it.each([[undefined], [{ ...everything, families: [] }]])(
    'asks nothing of a target that was not opened yet or takes no family, until it does',
    (unopened) => {
      let capabilities: Capabilities | undefined = unopened;
      const set = setOf(['192.0.2.1', 1, 'CAPI'], ['192.0.2.2', 2, 'CAPI']);
      const desired = new Desired(set, () => capabilities, 1);
      desired.refresh();
      expect(desired.touch([network('192.0.2.1')])).toEqual(new Set());
      expect([desired.size, desired.get(network('192.0.2.1')), wanted(desired)]).toEqual([0, undefined, []]);
      expect([desired.overLimit, desired.skippedCounts()]).toEqual([0, {}]);
      capabilities = everything;
      desired.refresh();
      expect([desired.size, desired.overLimit, wanted(desired)]).toEqual([1, 1, ['192.0.2.1']]);
    },
  );

  it('forgets what it left out when the device turns out to take more', () => {
    const set = setOf(['192.0.2.1', 1, 'CAPI'], ['192.0.2.2', 2, 'CAPI'], ['2001:db8::/32', 3, 'CAPI']);
    let capabilities: Capabilities = { families: [4], ranges: false, expires: true, maxEntries: 1 };
    const desired = new Desired(set, () => capabilities);
    desired.refresh();
    desired.refresh();
    expect(desired.skippedCounts()).toEqual({ 'address family is switched off': 1, 'over MAX_ENTRIES': 1 });
    expect(desired.overLimit).toBe(1);
    capabilities = everything;
    desired.refresh();
    expect([desired.size, desired.overLimit, desired.skippedCounts()]).toEqual([3, 0, {}]);
  });

  it('keeps of equals those that the device holds, once that is known', () => {
    const set = setOf(['192.0.2.1', 1, 'CAPI'], ['192.0.2.2', 1, 'CAPI'], ['192.0.2.3', 1, 'CAPI']);
    const held = new Set<Network>();
    const desired = new Desired(
      set,
      () => everything,
      1,
      (each) => held.has(each),
    );
    desired.refresh();
    for (const each of ['192.0.2.2', '192.0.2.3', '192.0.2.1']) {
      held.clear();
      held.add(network(each));
      desired.chooseAgain();
      expect([wanted(desired), desired.overLimit]).toEqual([[each], 2]);
    }
  });

  it('tells of every network that a change moved in or out, and of no other, and comes to the same as a fresh look', () => {
    const addresses = Array.from({ length: 12 }, (_, index) => network(`192.0.2.${index}`));
    const origin = fc.constantFrom('crowdsec', 'lists', 'CAPI');
    // None so close to another that either may stay.
    const end = fc.integer({ min: 1, max: 40 }).map((times) => times * 25);
    const change = fc.record({ index: fc.nat(11), end, origin, add: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (changes, cap) => {
        const set = new DecisionSet();
        const desired = new Desired(set, () => everything, cap);
        desired.refresh();
        for (const { index, end, origin: from, add } of changes) {
          const address = addresses[index] ?? network('192.0.2.0');
          const before = new Map(addresses.map((each) => [each, desired.get(each) !== undefined]));
          if (add) set.add(address, index, end, from, 'test');
          else set.delete(address, index);
          const touched = set.takeTouched();
          const told = desired.touch(touched);
          const fresh = new Desired(set, () => everything, cap);
          fresh.refresh();
          const importance = (each: Desired): string =>
            JSON.stringify(sortByImportance([...each.entries()]).map((entry) => [entry.origin, entry.expiresAt]));
          expect(importance(desired)).toBe(importance(fresh));
          expect(desired.size).toBe(Math.min(cap, set.size));
          const left = [...desired.skipped()].length;
          expect(Object.values(desired.skippedCounts())).toEqual(left > 0 ? [left] : []);
          for (const each of addresses) {
            const moved = before.get(each) !== (desired.get(each) !== undefined);
            expect(told.has(each)).toBe(moved || touched.has(each));
          }
        }
      }),
    );
  });

  it('does not look through the set again for what comes, moves and goes below the cap', () => {
    const set = setOf(['192.0.2.1', 900, 'CAPI'], ['192.0.2.2', 900, 'CAPI'], ['192.0.2.3', 100, 'CAPI']);
    const desired = new Desired(set, () => everything, 1);
    desired.refresh();
    set.takeTouched();
    const visits = vi.spyOn(set, 'visit');
    for (const change of [
      () => {
        set.add(network('192.0.2.4'), 7, 500, 'CAPI', 'test');
      },
      () => {
        set.add(network('192.0.2.1'), 8, 4000, 'CAPI', 'test');
      },
      () => set.delete(network('192.0.2.3'), 2),
      () => set.delete(network('192.0.2.2'), 1),
    ]) {
      change();
      const touched = new Set(set.takeTouched());
      expect(desired.touch(touched)).toEqual(touched);
    }
    expect([visits.mock.calls.length, wanted(desired), desired.overLimit]).toEqual([0, ['192.0.2.1'], 1]);
    set.add(network('192.0.2.5'), 9, 100, 'cscli', 'test');
    desired.touch(set.takeTouched());
    expect([visits.mock.calls.length > 0, wanted(desired), desired.overLimit]).toEqual([true, ['192.0.2.5'], 2]);
  });

  it('keeps nothing that is outweighed by much, however many small steps led there', () => {
    const addresses = Array.from({ length: 12 }, (_, index) => network(`192.0.2.${index}`));
    const change = fc.record({ index: fc.nat(11), end: fc.integer({ min: 1, max: 120 }), add: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (changes, cap) => {
        const set = new DecisionSet();
        const desired = new Desired(set, () => everything, cap);
        desired.refresh();
        for (const { index, end, add } of changes) {
          const address = addresses[index] ?? network('192.0.2.0');
          if (add) set.add(address, index, end, 'CAPI', 'test');
          else set.delete(address, index);
          desired.touch(set.takeTouched());
          expect(desired.size).toBe(Math.min(cap, set.size));
          const ends = (isIn: boolean): number[] =>
            addresses.flatMap((each) => (desired.has(each) === isIn ? (set.get(each)?.expiresAt ?? []) : []));
          // Ten seconds to either side of the last one with a place count as the same.
          expect(Math.max(...ends(false), 0) - Math.min(...ends(true), Infinity)).toBeLessThanOrEqual(20);
        }
      }),
    );
  });
});
