import { DecisionSet, parseNetwork } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HeldEntry } from '@bouncer/target';
import { Desired } from './desired.ts';
import { planAll, planSome } from './plan.ts';
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
