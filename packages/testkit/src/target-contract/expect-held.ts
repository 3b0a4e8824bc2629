import type { HeldEntry } from '@bouncer/target';
import type { Entry, Network } from '@bouncer/stream';
import { expect } from 'vitest';
import { capabilitiesOf, listBy } from './engine-hand.ts';
import { calm } from './fixture.ts';
import type { TargetFixture } from './fixture.ts';

/** All that a HeldEntry may have: the engine keeps one for each entry. */
export const FIELDS: ReadonlySet<string> = new Set(['network', 'expiresAt', 'type', 'origin', 'ref']);

/** A list of two or more. */
export function some<T>(list: readonly T[]): readonly [T, T, ...T[]] {
  const [first, second, ...rest] = list;
  if (first === undefined || second === undefined) throw new Error('two or more are needed');
  return [first, second, ...rest];
}

export function networksOf(entries: readonly { readonly network: Network }[]): Network[] {
  return entries.map((each) => each.network).sort();
}

export function of(held: ReadonlyMap<Network, HeldEntry<unknown>>, network: Network): HeldEntry<unknown> {
  const found = held.get(network);
  if (!found) throw new Error(`${network} is not held`);
  return found;
}

export async function expectHeld(fixture: TargetFixture, entries: readonly Entry[]): Promise<void> {
  const { held, strays } = await listBy(fixture.target, calm());
  expect([...held.keys()].sort()).toEqual(networksOf(entries));
  expect(strays).toEqual([]);
  for (const each of entries) expectEnd(fixture, held.get(each.network), each);
}

export function expectEnd(fixture: TargetFixture, held: HeldEntry<unknown> | undefined, wanted: Entry): void {
  const end = held?.expiresAt ?? Number.NaN;
  if (!capabilitiesOf(fixture.target).expires) {
    expect(end).toBe(Infinity);
    return;
  }
  expect(Math.abs(end - wanted.expiresAt)).toBeLessThanOrEqual(fixture.tolerance ?? 2);
}
