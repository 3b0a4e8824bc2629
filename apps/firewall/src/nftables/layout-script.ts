import type { Layout } from './layout.ts';
import type { Seen } from './seen.ts';
import { placeOf } from './script.ts';

/**
 * Commands that make the table as the layout wants it, whatever is there. Sets and counters that are there stay as they
 * are; chains are made anew. In one transaction, so no packet sees the moment between.
 */
export function* layoutScript({ table, sets, counters, chains, mark }: Layout, seen: Seen): Generator<string> {
  yield `add table inet ${table}\n`;
  for (const counter of counters) yield `add counter ${placeOf(table, counter)}\n`;
  for (const { name, family, ranges } of sets) {
    const flags = ranges ? 'interval, timeout' : 'timeout';
    yield `add set ${placeOf(table, name)} { type ipv${family}_addr; flags ${flags}; }\n`;
  }
  yield* removeChains(table, seen);
  for (const { name, hook, priority } of chains) {
    const head = hook === undefined ? '' : ` { type filter hook ${hook} priority ${priority ?? 0}; policy accept; }`;
    yield `add chain ${placeOf(table, name)}${head}\n`;
  }
  for (const { name, rules } of chains) {
    for (const rule of rules) yield `add rule ${placeOf(table, name)} ${rule} comment "${mark}"\n`;
  }
}

/** Removes our chains; rules first, because chains refer to each other. */
export function* removeChains(table: string, { chains }: Seen): Generator<string> {
  for (const { name } of chains) yield `flush chain ${placeOf(table, name)}\n`;
  for (const { name } of chains) yield `delete chain ${placeOf(table, name)}\n`;
}

/** Removes all that is ours, and the table with it when nothing else is in there. */
export function* removeAll(table: string, seen: Seen): Generator<string> {
  if (!seen.table) return;
  if (!seen.shared) {
    yield `delete table inet ${table}\n`;
    return;
  }
  yield* removeChains(table, seen);
  for (const { name } of seen.sets) yield `delete set ${placeOf(table, name)}\n`;
  for (const { name } of seen.counters) yield `delete counter ${placeOf(table, name)}\n`;
}
