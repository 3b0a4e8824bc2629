import type { Entry, Instant, Network } from '@bouncer/stream';
import type { Capabilities, Changes, Update } from '@bouncer/target';
import type { AnyHeld, AnyHeldEntry } from './ledger.ts';
import { isDriftWorthAWrite } from './drift.ts';
import { sortByImportance } from './over-cap.ts';

/** What is asked of the target: only `get` for a delta, the others as well for everything. */
export interface DesiredEntries {
  readonly size: number;
  has(network: Network): boolean;
  get(network: Network): Entry | undefined;
  entries(): Iterable<Entry>;
}

/** Everything the plan needs to know about time and device. */
export interface PlanContext {
  readonly now: Instant;
  readonly capabilities: Capabilities;
  /** An unwanted entry that the device drops by itself within so many seconds is left to the device. */
  readonly leaveToDevice: number;
}

/** Changes to a target of any kind. */
export type PlannedChanges = Changes<unknown>;

/** Changes, plus what needs none. */
export interface Plan extends PlannedChanges {
  readonly unchanged: number;
}

/** What must be done so that the device holds the desired set. O(n). */
export function planAll(desired: DesiredEntries, held: AnyHeld, context: PlanContext): Plan {
  const create: Entry[] = [];
  const update: Update<unknown>[] = [];
  const remove: AnyHeldEntry[] = [];
  let unchanged = 0;
  for (const entry of desired.entries()) {
    const current = stillHeld(held.get(entry.network), context);
    if (!current) create.push(entry);
    else if (isWorthAWrite(entry, current, context)) update.push({ entry, held: current });
    else unchanged += 1;
  }
  for (const current of held.values()) {
    if (!desired.has(current.network) && !isLeftToDevice(current, context)) remove.push(current);
  }
  return { create: sortByImportance(create), update, delete: remove, unchanged };
}

/** The same for a few networks: O(networks). What is held is what we wrote or listed before. */
export function planSome(
  networks: Iterable<Network>,
  desired: Pick<DesiredEntries, 'get'>,
  held: AnyHeld,
  context: PlanContext,
): PlannedChanges {
  const create: Entry[] = [];
  const update: Update<unknown>[] = [];
  const remove: AnyHeldEntry[] = [];
  for (const network of networks) {
    const entry = desired.get(network);
    const current = stillHeld(held.get(network), context);
    if (entry && !current) create.push(entry);
    else if (entry && current) {
      if (isWorthAWrite(entry, current, context)) update.push({ entry, held: current });
    } else if (current && !isLeftToDevice(current, context)) remove.push(current);
  }
  return { create: sortByImportance(create), update, delete: remove };
}

/** True when nothing has to be written. */
export function isEmpty(changes: PlannedChanges): boolean {
  return changes.create.length + changes.update.length + changes.delete.length === 0;
}

function isWorthAWrite(entry: Entry, held: AnyHeldEntry, { now, capabilities }: PlanContext): boolean {
  if (capabilities.types === true && entry.type !== (held.type ?? 'ban')) return true;
  return isDriftWorthAWrite(entry.expiresAt, held.expiresAt, now, capabilities);
}

/** An entry whose end has come is gone from a device that drops by itself, whatever we remember. */
function stillHeld(held: AnyHeldEntry | undefined, { now, capabilities }: PlanContext): AnyHeldEntry | undefined {
  return held && capabilities.expires && held.expiresAt <= now ? undefined : held;
}

function isLeftToDevice(held: AnyHeldEntry, { now, capabilities, leaveToDevice }: PlanContext): boolean {
  return capabilities.expires && held.expiresAt - now <= leaveToDevice;
}
