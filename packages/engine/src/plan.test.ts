import { DecisionSet, parseNetwork } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeldEntry } from '@bouncer/target';
import { Desired } from './desired.ts';
import { isEmpty, planAll, planSome } from './plan.ts';
import type { PlanContext, PlannedChanges } from './plan.ts';

const now = 1000;
const context: PlanContext = {
  now,
  capabilities: { families: [4, 6], ranges: true, expires: true },
  leaveToDevice: 10,
};
const addresses = Array.from({ length: 8 }, (_, index) => parseNetwork(`192.0.2.${index}`)).filter(
  (network) => network !== undefined,
);

function world(wanted: readonly (number | undefined)[], present: readonly (number | undefined)[]) {
  const set = new DecisionSet();
  const held = new Map<Network, HeldEntry>();
  for (const [index, network] of addresses.entries()) {
    const end = wanted[index];
    const heldUntil = present[index];
    if (end !== undefined) set.add(network, index, now + end, 'CAPI', 'test');
    if (heldUntil !== undefined) held.set(network, { network, expiresAt: now + heldUntil });
  }
  const desired = new Desired(set, () => context.capabilities);
  desired.refresh();
  return { desired, held };
}

const ends = fc.array(fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }), {
  minLength: addresses.length,
  maxLength: addresses.length,
});

describe('a change of type', () => {
  const network = parseNetwork('192.0.2.1')!;
  const held = new Map<Network, HeldEntry>([[network, { network, expiresAt: now + 3600, type: 'ban' }]]);
  const set = new DecisionSet();
  set.add(network, 1, now + 3600, 'CAPI', 'test', 'captcha');
  const desired = new Desired(set, () => context.capabilities);
  const updates = (types: boolean) => {
    const told = { ...context, capabilities: { ...context.capabilities, types } };
    return [planAll(desired, held, told).update.length, planSome([network], desired, held, told).update.length];
  };

  it('is written only where types are told apart', () => {
    expect([updates(true), updates(false)]).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });
});

describe('at the border', () => {
  const [network] = addresses as [Network];
  /** What both plans make of one network that is held until `heldEnd`, and wanted or not. */
  function both(heldEnd: number, wantedEnd: number | undefined, expires: boolean): string[] {
    const { desired, held } = world([wantedEnd], [heldEnd]);
    const told = { ...context, capabilities: { ...context.capabilities, expires } };
    return [planAll(desired, held, told), planSome([network], desired, held, told)].map(
      (plan) => `${plan.create.length} ${plan.update.length} ${plan.delete.length}`,
    );
  }

  it('what ends this second is gone from a device that ends entries itself, and there on any other', () => {
    expect(both(0, 3600, true)).toEqual(['1 0 0', '1 0 0']);
    expect(both(1, 3600, true)).toEqual(['0 1 0', '0 1 0']);
    expect(both(0, 3600, false)).toEqual(['0 1 0', '0 1 0']);
  });

  it('what is not wanted is left to a device that drops it within the time given, to the second', () => {
    expect(both(10, undefined, true)).toEqual(['0 0 0', '0 0 0']);
    expect(both(11, undefined, true)).toEqual(['0 0 1', '0 0 1']);
    expect(both(10, undefined, false)).toEqual(['0 0 1', '0 0 1']);
  });

  it('a row without a type is a ban', () => {
    const { desired, held } = world([3600], [3600]);
    const told = { ...context, capabilities: { ...context.capabilities, types: true } };
    expect(planAll(desired, held, told)).toMatchObject({ update: [], unchanged: 1 });
  });
});

describe('changes', () => {
  it('are empty only when nothing of any kind has to be written', () => {
    expect(isEmpty(planAll(...args(world([3600], [3600]))))).toBe(true);
    expect(isEmpty(planAll(...args(world([3600], []))))).toBe(false);
    expect(isEmpty(planAll(...args(world([36_000], [600]))))).toBe(false);
    expect(isEmpty(planAll(...args(world([], [3600]))))).toBe(false);
  });

  it('that a target is given do not change with the decisions they were made of', () => {
    const set = new DecisionSet();
    const [created, moved, removed] = addresses as [Network, Network, Network];
    set.add(created, 1, now + 100, 'cscli', 'a');
    set.add(moved, 2, now + 5000, 'cscli', 'b');
    const held = new Map<Network, HeldEntry>(
      [moved, removed].map((network) => [network, { network, expiresAt: now + 600 }]),
    );
    const desired = new Desired(set, () => context.capabilities);
    const given = planAll(desired, held, context);
    set.add(created, 3, now + 9000, 'CAPI', 'c');
    set.add(moved, 4, now + 9000, 'CAPI', 'c');
    const entry = { type: 'ban', origin: 'cscli' };
    expect(given).toEqual({
      unchanged: 0,
      create: [{ ...entry, network: created, expiresAt: now + 100, scenario: 'a' }],
      update: [{ entry: { ...entry, network: moved, expiresAt: now + 5000, scenario: 'b' }, held: held.get(moved) }],
      delete: [held.get(removed)],
    });
  });

  function args({ desired, held }: ReturnType<typeof world>): Parameters<typeof planAll> {
    return [desired, held, context];
  }
});

describe('planAll', () => {
  it('creates what is missing, deletes what is not wanted, and leaves the rest', () => {
    const { desired, held } = world([3600, 3600, undefined], [undefined, 3600, 3600]);
    const plan = planAll(desired, held, context);
    expect(plan.create.map((entry) => entry.network)).toEqual([addresses[0]]);
    expect(plan.delete.map((entry) => entry.network)).toEqual([addresses[2]]);
    expect({ update: plan.update.length, unchanged: plan.unchanged }).toEqual({ update: 0, unchanged: 1 });
  });

  it('leaves an unwanted entry that is about to end to the device', () => {
    const { desired, held } = world([], [9]);
    expect(planAll(desired, held, context).delete).toEqual([]);
  });

  it('creates again what the device has dropped by itself since', () => {
    const { desired, held } = world([3600], [-1]);
    expect(planAll(desired, held, context).create).toHaveLength(1);
  });

  it('never deletes what is wanted, never creates what is held, and comes to rest', () => {
    fc.assert(
      fc.property(ends, ends, (wanted, present) => {
        const { desired, held } = world(wanted, present);
        const plan = planAll(desired, held, context);
        for (const gone of plan.delete) expect(desired.get(gone.network)).toBeUndefined();
        for (const entry of plan.create) expect(held.has(entry.network)).toBe(false);
        for (const entry of plan.create)
          held.set(entry.network, { ...entry, network: entry.network, expiresAt: entry.expiresAt });
        for (const { entry } of plan.update)
          held.set(entry.network, { network: entry.network, expiresAt: entry.expiresAt });
        for (const gone of plan.delete) held.delete(gone.network);
        const again = planAll(desired, held, context);
        expect(again.create.length + again.update.length + again.delete.length).toBe(0);
      }),
    );
  });
});

describe('planSome', () => {
  it('asks for the same as a plan over everything', () => {
    fc.assert(
      fc.property(ends, ends, (wanted, present) => {
        const { desired, held } = world(wanted, present);
        const all = planAll(desired, held, context);
        const names = (changes: PlannedChanges) => ({
          create: changes.create.map((entry) => entry.network).sort(),
          update: changes.update.map((update) => update.entry.network).sort(),
          delete: changes.delete.map((entry) => entry.network).sort(),
        });
        expect(names(planSome(addresses, desired, held, context))).toEqual(names(all));
      }),
    );
  });
});
