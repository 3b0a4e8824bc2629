import { familyOf, parseNetwork, type Network } from '@bouncer/stream';
import type { Held } from '@bouncer/target';
import type { HeldLine } from '../list/list-target.ts';

/**
 * The lines of `pfctl -T show`: what is held, entries that are `known` the same objects, and what no entry of ours can be:
 * text that is no network, or one in a form that is not ours; it can only be removed as it was read.
 */
export function readTable(
  shown: Iterable<string>,
  known: Held<string> = new Map(),
): { held: Map<Network, HeldLine>; strays: HeldLine[] } {
  const held = new Map<Network, HeldLine>();
  const strays: HeldLine[] = [];
  for (const line of shown) {
    const text = line.trim();
    const network = parseNetwork(text);
    if (network === undefined || network !== text || held.has(network)) {
      strays.push({ network: (network ?? text) as Network, expiresAt: Infinity, ref: text });
      continue;
    }
    const before = known.get(network);
    held.set(before?.network ?? network, before ?? { network, expiresAt: Infinity });
  }
  return { held, strays };
}

/** The families among these. */
export function familiesOf(networks: Iterable<Network>): Set<4 | 6> {
  const families = new Set<4 | 6>();
  for (const network of networks) if (families.add(familyOf(network)).size > 1) break;
  return families;
}

/** The text by which it can be removed. */
export function textOf({ network, ref }: HeldLine): string {
  return ref ?? network;
}
