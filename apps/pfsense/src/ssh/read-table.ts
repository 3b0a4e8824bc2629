import type { HeldEntry } from '@bouncer/target';
import { familyOf, parseNetwork, type Entry, type Network } from '@bouncer/stream';

/**
 * Brings `table` and `held` in step with the lines of `pfctl -T show`. Gives what no entry of ours can be: text that is
 * no network, or one in a form that is not ours; it can only be removed as it was read.
 */
export function readTable(shown: readonly string[], table: Set<Network>, held: Map<Network, HeldEntry>): HeldEntry[] {
  const seen = new Set<Network>();
  const surplus: HeldEntry[] = [];
  for (const line of shown) {
    const text = line.trim();
    const network = parseNetwork(text);
    if (network === undefined || network !== text || seen.has(network)) {
      surplus.push({ network: (network ?? text) as Network, expiresAt: Infinity, ref: text });
      continue;
    }
    seen.add(network);
    table.add(network);
    if (!held.has(network)) held.set(network, { network, expiresAt: Infinity });
  }
  for (const network of held.keys()) if (!seen.has(network)) held.delete(network);
  for (const network of table) if (!seen.has(network)) table.delete(network);
  return surplus;
}

/** The family of all of them, when it is one. */
export function onlyFamily(networks: Iterable<Network>): 4 | 6 | undefined {
  const families = new Set<4 | 6>();
  for (const network of networks) if (families.add(familyOf(network)).size > 1) return undefined;
  return [...families][0];
}

/** The text by which it can be removed. */
export function textOf({ network, ref }: HeldEntry): string {
  return typeof ref === 'string' ? ref : network;
}

export function networksOf(entries: readonly Entry[]): Network[] {
  return entries.map(({ network }) => network);
}

/** What the table holds after these changes. */
export function listAfter(
  table: ReadonlySet<Network>,
  create: readonly Network[],
  gone: readonly HeldEntry[],
): Set<Network> {
  const next = new Set(table);
  for (const { network, ref } of gone) if (ref === undefined) next.delete(network);
  for (const network of create) next.add(network);
  return next;
}
