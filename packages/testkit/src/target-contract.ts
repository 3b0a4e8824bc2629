import type { Entry, Network } from '@bouncer/stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { applyBy, capabilitiesOf, heldOf, listBy, openBy } from './target-contract/engine-hand.ts';
import { applyChanges, calm, crowd, entry, samples } from './target-contract/fixture.ts';
import { FIELDS, some, networksOf, of, expectHeld, expectEnd } from './target-contract/expect-held.ts';
import type { TargetFixture } from './target-contract/fixture.ts';

type Factory = () => Promise<TargetFixture> | TargetFixture;

/**
 * The conformance suite that every Target passes. Call it from a test file with a factory that gives a fresh target,
 * its list empty, for each test.
 */
export function targetContract(name: string, factory: Factory): void {
  describe(`${name} keeps the contract of a target`, () => {
    for (const [title, run] of contractTests(factory)) it(title, run);
  });
}

/** Its tests by what they say. Each rejects when the target does not keep to it; to be run within a test. @internal */
export function contractTests(factory: Factory): ReadonlyMap<string, () => Promise<void>> {
  const tests = new Map<string, () => Promise<void>>();

  function must(title: string, run: () => Promise<void>): void {
    tests.set(title, run);
  }

  async function fresh(): Promise<TargetFixture> {
    const fixture = await factory();
    onTestFinished(async () => {
      await fixture.target.close();
      await fixture.dispose?.();
    });
    return fixture;
  }

  async function opened(): Promise<TargetFixture> {
    const fixture = await fresh();
    await openBy(fixture.target, calm());
    return fixture;
  }

  /** Opened, and holding the samples. */
  async function filled(): Promise<{ fixture: TargetFixture; entries: readonly Entry[] }> {
    const fixture = await opened();
    const entries = samples(fixture.target).map((network) => entry(fixture, network));
    await applyChanges(fixture.target, { create: entries });
    return { fixture, entries };
  }

  must('opens with an empty list', async () => {
    const { target } = await opened();
    const { held, strays } = await listBy(target, calm());
    expect([held.size, strays.length]).toEqual([0, 0]);
  });

  must('holds single addresses and ranges of each family, until their ends', async () => {
    const fixture = await opened();
    const entries = samples(fixture.target).map((network, index) => entry(fixture, network, 600 * (index + 1)));
    const told = await applyChanges(fixture.target, { create: entries });
    expect([...told.written.keys()].sort()).toEqual(networksOf(entries));
    expect([told.refused.size, told.removed.size]).toEqual([0, 0]);
    await expectHeld(fixture, entries);
    for (const each of entries) expectEnd(fixture, told.written.get(each.network), each);
  });

  must('moves the end of an entry, further and nearer', async () => {
    const { fixture, entries } = await filled();
    const { held } = await listBy(fixture.target, calm());
    const moved = entries.map((each, index) => entry(fixture, each.network, index % 2 ? 7200 : 1200));
    const told = await applyChanges(fixture.target, {
      update: moved.map((each) => ({ entry: each, held: of(held, each.network) })),
    });
    expect([...told.written.keys()].sort()).toEqual(networksOf(moved));
    await expectHeld(fixture, moved);
  });

  must('removes what it is told and nothing else', async () => {
    const { fixture, entries } = await filled();
    const foreign = '45.99.1.1' as Network;
    await fixture.foreign?.add(foreign);
    const { held } = await listBy(fixture.target, calm());
    const [gone, ...rest] = some(entries);
    const told = await applyChanges(fixture.target, { delete: [of(held, gone.network)] });
    expect([...told.removed]).toEqual([gone.network]);
    await expectHeld(fixture, rest);
    await applyChanges(fixture.target, { delete: rest.map((each) => of(held, each.network)) });
    await expectHeld(fixture, []);
    if (fixture.foreign) expect(await fixture.foreign.list()).toContain(foreign);
  });

  must('creates, updates and deletes in one go', async () => {
    const { fixture, entries } = await filled();
    const { held } = await listBy(fixture.target, calm());
    const [first, second, ...rest] = some(entries);
    const longer = entry(fixture, first.network, 9000);
    const added = entry(fixture, some(crowd(fixture.target, 2))[0]);
    const told = await applyChanges(fixture.target, {
      create: [added],
      update: [{ entry: longer, held: of(held, first.network) }],
      delete: [of(held, second.network)],
    });
    expect([...told.written.keys()].sort()).toEqual(networksOf([longer, added]));
    expect([...told.removed]).toEqual([second.network]);
    await expectHeld(fixture, [longer, added, ...rest]);
  });

  must('is not harmed by being told twice', async () => {
    const { fixture, entries } = await filled();
    const told = await applyChanges(fixture.target, { create: entries });
    expect([...told.written.keys()].sort()).toEqual(networksOf(entries));
    expect(told.refused.size).toBe(0);
    await expectHeld(fixture, entries);
    const { held } = await listBy(fixture.target, calm());
    for (let round = 0; round < 2; round += 1) {
      const again = await applyChanges(fixture.target, { delete: [...held.values()] });
      expect([...again.removed].sort()).toEqual(networksOf(entries));
    }
    await expectHeld(fixture, []);
  });

  must('goes on past an entry that the device will not take', async () => {
    const fixture = await opened();
    const [bad, ...good] = some(samples(fixture.target));
    await fixture.refuse?.(bad);
    const entries = [bad, ...good].map((network) => entry(fixture, network));
    const told = await applyChanges(fixture.target, { create: entries });
    expect([...told.refused.keys()]).toEqual(fixture.refuse ? [bad] : []);
    await expectHeld(fixture, fixture.refuse ? entries.slice(1) : entries);
  });

  must('takes many at once and takes them away again', async () => {
    const fixture = await opened();
    const entries = crowd(fixture.target, 700).map((network) => entry(fixture, network));
    const told = await applyChanges(fixture.target, { create: entries });
    expect(told.written.size).toBe(700);
    const { held } = await listBy(fixture.target, calm());
    expect(held.size).toBe(700);
    await applyChanges(fixture.target, { delete: [...held.values()] });
    await expectHeld(fixture, []);
  });

  must('sees that the list was emptied behind its back, and heals it', async () => {
    const { fixture, entries } = await filled();
    const { held } = await listBy(fixture.target, calm());
    expect(await fixture.target.verify(held, calm())).toBe(true);
    await fixture.wipe();
    expect(await fixture.target.verify(held, calm())).toBe(false);
    await expectHeld(fixture, []);
    await applyChanges(fixture.target, { create: entries });
    await expectHeld(fixture, entries);
  });

  must('writes nothing when there is nothing to change', async () => {
    const { fixture, entries } = await filled();
    const before = fixture.writes();
    const { held } = await listBy(fixture.target, calm());
    await fixture.target.verify(held, calm());
    await applyChanges(fixture.target, {});
    await openBy(fixture.target, calm());
    for await (const step of fixture.target.check(calm())) {
      expect(step.step).not.toBe('');
      if (!step.ok) expect(step.fix ?? '').not.toBe('');
    }
    expect(fixture.writes()).toBe(before);
    await expectHeld(fixture, entries);
  });

  must('counts its writes, so that the test above can fail', async () => {
    const fixture = await opened();
    const before = fixture.writes();
    await applyChanges(fixture.target, { create: [entry(fixture, some(samples(fixture.target))[0])] });
    expect(fixture.writes()).toBeGreaterThan(before);
  });

  must('does nothing for one who has given up', async () => {
    const { fixture, entries } = await filled();
    const { target } = fixture;
    const before = fixture.writes();
    const reason = new Error('given up');
    const signal = AbortSignal.abort(reason);
    const { held } = await listBy(target, calm());
    await expect(target.list(signal)).rejects.toThrow();
    await expect(target.verify(held, signal)).rejects.toThrow();
    const change = { create: crowd(target, 3).map((network) => entry(fixture, network)) };
    await expect(applyChanges(target, change, signal)).rejects.toThrow();
    await expect(target.open(signal)).rejects.toThrow();
    await target.close();
    await openBy(target, calm());
    await expectHeld(fixture, entries);
    expect(fixture.writes()).toBe(before);
  });

  must('knows what it has written when it is stopped half-way', async () => {
    const fixture = await opened();
    const entries = crowd(fixture.target, 700).map((network) => entry(fixture, network));
    const stop = new AbortController();
    const told = new Set<Network>();
    const applied = applyBy(
      fixture.target,
      { create: entries, update: [], delete: [] },
      {
        written: (held) => {
          told.add(held.network);
          stop.abort(new Error('stopped'));
        },
        removed: () => expect.unreachable(),
        refused: () => expect.unreachable(),
      },
      stop.signal,
    );
    const [outcome] = await Promise.allSettled([applied]);
    await openBy(fixture.target, calm());
    const { held } = await listBy(fixture.target, calm());
    expect([...told].filter((network) => !held.has(network))).toEqual([]);
    if (outcome.status === 'fulfilled') expect(held.size).toBe(700);
    await applyChanges(fixture.target, { create: entries });
    await expectHeld(fixture, entries);
  });

  must('leaves everything in place when it is closed, as often as that may be', async () => {
    const { fixture, entries } = await filled();
    await Promise.all([fixture.target.close(), fixture.target.close()]);
    await fixture.target.close();
    await openBy(fixture.target, calm());
    await expectHeld(fixture, entries);
  });

  must('can be closed before it was opened, and says what to set up', async () => {
    const { target } = await fresh();
    await target.close();
    expect(target.setup().trim()).not.toBe('');
    expect(target.name).not.toBe('');
  });

  must('drops an entry at its end, when it says so', async () => {
    const fixture = await opened();
    const [short, long] = some(samples(fixture.target));
    await applyChanges(fixture.target, { create: [entry(fixture, short, 60), entry(fixture, long, 7200)] });
    await fixture.advance?.(90_000);
    const { held } = await listBy(fixture.target, calm());
    const drops = capabilitiesOf(fixture.target).expires && 'advance' in fixture;
    expect([...held.keys()].sort()).toEqual((drops ? [long] : [short, long]).sort());
  });

  must('goes by what it is handed, and keeps no list of its own', async () => {
    const { fixture, entries } = await filled();
    await fixture.wipe();
    heldOf(fixture.target).clear();
    await openBy(fixture.target, calm());
    const [first] = some(entries);
    const told = await applyChanges(fixture.target, { create: [first] });
    expect([...told.written.keys()]).toEqual([first.network]);
    await expectHeld(fixture, [first]);
  });

  must('takes copies of what it told', async () => {
    const { fixture, entries } = await filled();
    const { held } = await listBy(fixture.target, calm());
    const [moved, gone, ...rest] = some(entries);
    const longer = entry(fixture, moved.network, 9000);
    const told = await applyChanges(fixture.target, {
      update: [{ entry: longer, held: { ...of(held, moved.network) } }],
      delete: [{ ...of(held, gone.network) }],
    });
    expect([...told.removed]).toEqual([gone.network]);
    await expectHeld(fixture, [longer, ...rest]);
  });

  must('tells what is held as plain data with no more fields than there are', async () => {
    const fixture = await opened();
    const entries = samples(fixture.target).map((network) => entry(fixture, network));
    const told = await applyChanges(fixture.target, { create: entries });
    const { held } = await listBy(fixture.target, calm());
    for (const each of [...told.written.values(), ...held.values()]) {
      expect(Object.getPrototypeOf(each)).toBe(Object.prototype);
      expect(Object.keys(each).filter((key) => !FIELDS.has(key))).toEqual([]);
    }
  });

  return tests;
}
