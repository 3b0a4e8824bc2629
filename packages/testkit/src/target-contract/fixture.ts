import type { AnyTarget, Changes, HeldEntry } from '@bouncer/target';
import { applyBy, capabilitiesOf } from './engine-hand.ts';
import { instantNow } from '@bouncer/stream';
import type { Clock, Entry, Network } from '@bouncer/stream';

/** What a target's test gives for one run: the target, and a hand on its device. */
export interface TargetFixture {
  /** Not yet opened; its list on the device is empty. */
  readonly target: AnyTarget;
  /** The clock that the target was made with. */
  readonly clock: Clock;
  /** Moves the time of clock and device; given when entries end by themselves. */
  advance?(milliseconds: number): Promise<void>;
  /** Entries in the same list that are not ours; given when the list can be shared. */
  readonly foreign?: { add(network: Network): Promise<void>; list(): Promise<readonly string[]> };
  /** Makes the device refuse this network from now on, where it can refuse one. */
  refuse?(network: Network): void | Promise<void>;
  /** Empties the list behind the target's back. */
  wipe(): Promise<void>;
  /** How many writes the device or the file system has seen so far. */
  writes(): number;
  /** By how many seconds an end may differ from what was asked. Default 2. */
  readonly tolerance?: number;
  /** Ends the device. */
  dispose?(): Promise<void>;
}

/** What a target told while it applied. */
export interface Told {
  readonly written: Map<Network, HeldEntry<unknown>>;
  readonly removed: Set<Network>;
  readonly refused: Map<Network, string>;
}

/** Applies changes and returns what was told. Absent kinds of change are empty. */
export async function applyChanges(
  target: AnyTarget,
  changes: Partial<Changes<unknown>>,
  signal = calm(),
): Promise<Told> {
  const told: Told = { written: new Map(), removed: new Set(), refused: new Map() };
  await applyBy(
    target,
    { create: [], update: [], delete: [], ...changes },
    {
      written: (held) => void told.written.set(held.network, held),
      removed: (held) => void told.removed.add(held.network),
      refused: (network, reason) => void told.refused.set(network, reason),
    },
    signal,
  );
  return told;
}

/** A signal that is never aborted. */
export function calm(): AbortSignal {
  return new AbortController().signal;
}

/** An entry that ends `seconds` from now. Its texts are as hostile as LAPI may send them. */
export function entry(fixture: TargetFixture, network: Network, seconds = 3600): Entry {
  return {
    network,
    expiresAt: instantNow(fixture.clock) + seconds,
    origin: 'crowdsec',
    scenario: 'crowdsecurity/"ssh\'-bf\n$[:put x]; `id` <b>é',
    type: 'ban',
  };
}

/** Canonical networks of every kind that the target says it can hold: single and range, IPv4 and IPv6. */
export function samples(target: AnyTarget): Network[] {
  const { families, ranges } = capabilitiesOf(target);
  const all = [
    [4, false, '45.83.64.1'],
    [4, false, '45.83.64.2'],
    [4, true, '45.83.66.0/24'],
    [4, true, '45.84.0.0/15'],
    [6, false, '2a01:4f8::1'],
    [6, false, '2a01:4f8:0:1:2:3:4:5'],
    [6, true, '2a01:4f8:1::/48'],
    [6, true, '2a01:4f8:2:3::/64'],
  ] as const;
  return all
    .filter(([family, range]) => families.includes(family) && (ranges || !range))
    .map(([, , text]) => text as string as Network);
}

/** Distinct single addresses, as many as asked for. */
export function crowd(target: AnyTarget, count: number): Network[] {
  const six = !capabilitiesOf(target).families.includes(4);
  return Array.from({ length: count }, (_, index) => {
    const text = six ? `2a01:4f8:3::${(index + 1).toString(16)}` : `45.90.${index >> 8}.${index & 255}`;
    return text as Network;
  });
}
