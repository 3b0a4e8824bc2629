import { parseNetwork, type Network } from '@bouncer/stream';
import type { ApplyReport, Changes, Held, HeldEntry } from '@bouncer/target';

/** A line of the list; `ref` is its text where no entry of ours can be in it, so that it can only go as it was read. */
export type HeldLine = HeldEntry<string>;

/** Takes a listing: what is held, and what no entry of ours can be. */
export function readList(texts: Iterable<string>): { held: Map<Network, HeldLine>; strays: HeldLine[] } {
  const held = new Map<Network, HeldLine>();
  const strays: HeldLine[] = [];
  for (const text of texts) {
    const network = parseNetwork(text);
    if (network === undefined || held.has(network)) {
      strays.push({ network: (network ?? text) as Network, expiresAt: Infinity, ref: text });
      continue;
    }
    held.set(network, { network, expiresAt: Infinity });
  }
  return { held, strays };
}

/** What is new and what goes, without what is so already. */
export function difference(
  { create, delete: remove }: Changes<string>,
  held: Held<string>,
): { add: Network[]; gone: HeldLine[] } {
  const add = networksOf(create).filter((network) => !held.has(network));
  return { add, gone: remove.filter(({ network, ref }) => ref !== undefined || held.has(network)) };
}

/** The list as it will be. */
export function listAfter(
  networks: Iterable<Network>,
  add: Iterable<Network>,
  gone: readonly HeldLine[],
): Set<Network> {
  const next = new Set(networks);
  for (const { network, ref } of gone) if (ref === undefined) next.delete(network);
  for (const network of add) next.add(network);
  return next;
}

/** Tells that all of it is done. What is held already stays the same object. */
export function tellDone(
  { create, update, delete: remove }: Changes<string>,
  held: Held<string>,
  report: ApplyReport<string>,
): void {
  for (const network of [...networksOf(create), ...networksOf(update.map(({ entry }) => entry))]) {
    report.written(held.get(network) ?? { network, expiresAt: Infinity });
  }
  for (const line of remove) report.removed(line);
}

/** The networks of these entries, in their order. */
export function networksOf(entries: readonly { readonly network: Network }[]): Network[] {
  return entries.map(({ network }) => network);
}

/** True when both hold the same networks. */
export function isSame(a: Held<string>, b: Held<string>): boolean {
  if (a.size !== b.size) return false;
  for (const network of a.keys()) if (!b.has(network)) return false;
  return true;
}

/** The changes without what is not created after all. */
export function without(changes: Changes<string>, left: readonly Network[]): Changes<string> {
  if (left.length === 0) return changes;
  const out = new Set(left);
  return { ...changes, create: changes.create.filter(({ network }) => !out.has(network)) };
}
