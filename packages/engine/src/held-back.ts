import type { Instant, Network } from '@bouncer/stream';
import type { AnyHeldEntry } from './ledger.ts';
import type { PlannedChanges } from './plan.ts';
import type { FollowedStream } from './followed-stream.ts';

/**
 * True for a removal that rests on absence alone. What the set still has (MAX_ENTRIES or the family leaves it out), what
 * has come to its end and what must never be blocked goes at once.
 */
export function isDoubted(
  { network, expiresAt }: AnyHeldEntry,
  stream: Pick<FollowedStream, 'isProtected'> & { readonly set: Pick<FollowedStream['set'], 'has'> },
  now: Instant,
): boolean {
  return expiresAt > now && !stream.set.has(network) && !stream.isProtected(network);
}

/**
 * What is left of a plan while the doubted removals are held. `room` is how many more entries the device may hold: where
 * it is too small, what LAPI names takes the place of what it does not name.
 */
export function heldBack(
  plan: PlannedChanges,
  doubted: ReadonlySet<Network>,
  room: number,
  strays: readonly AnyHeldEntry[],
): PlannedChanges {
  const sure = plan.delete.filter((held) => !doubted.has(held.network));
  const kept = plan.delete.filter((held) => doubted.has(held.network));
  const lacking = Math.max(0, plan.create.length - sure.length - Math.max(0, room));
  const evicted = kept.slice(0, lacking);
  const create = plan.create.slice(0, plan.create.length - (lacking - evicted.length));
  return { create, update: plan.update, delete: [...sure, ...evicted, ...strays] };
}
