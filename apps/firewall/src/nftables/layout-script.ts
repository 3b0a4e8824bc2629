import type { Layout } from './layout.ts';
import type { Seen } from './seen.ts';
import { placeOf } from './script.ts';
import type { Transaction } from './transaction.ts';

/**
 * Commands that make the table as the layout wants it, whatever is there. Sets and counters that are there stay as they
 * are; chains are made anew. In one transaction, so no packet sees the moment between.
 */
export function writeLayout(
  transaction: Transaction,
  { table, sets, counters, chains, mark }: Layout,
  seen: Seen,
): void {
  transaction.prepare(`add table inet ${table}`);
  for (const counter of counters) transaction.prepare(`add counter ${placeOf(table, counter)}`);
  for (const { name, family, ranges } of sets) {
    const flags = ranges ? 'interval, timeout' : 'timeout';
    transaction.prepare(`add set ${placeOf(table, name)} { type ipv${family}_addr; flags ${flags}; }`);
  }
  removeChains(transaction, table, seen);
  for (const { name, hook, priority, devices } of chains) {
    const at = devices === undefined ? '' : ` devices = { ${devices.map((each) => `"${each}"`).join(', ')} }`;
    const head =
      hook === undefined ? '' : ` { type filter hook ${hook}${at} priority ${priority ?? 0}; policy accept; }`;
    transaction.act(`add chain ${placeOf(table, name)}${head}`);
  }
  for (const { name, rules } of chains) {
    for (const rule of rules) transaction.act(`add rule ${placeOf(table, name)} ${rule} comment "${mark}"`);
  }
}

/** Removes our chains; rules first, because chains refer to each other. */
export function removeChains(transaction: Transaction, table: string, { chains }: Seen): void {
  for (const { name } of chains) transaction.act(`flush chain ${placeOf(table, name)}`);
  for (const { name } of chains) transaction.act(`delete chain ${placeOf(table, name)}`);
}

/** Removes all that is ours, and the table with it when nothing else is in there. */
export function removeAll(transaction: Transaction, table: string, seen: Seen): void {
  if (!seen.table) return;
  if (!seen.shared) {
    transaction.act(`delete table inet ${table}`);
    return;
  }
  removeChains(transaction, table, seen);
  for (const { name } of seen.sets) transaction.act(`delete set ${placeOf(table, name)}`);
  for (const { name } of seen.counters) transaction.act(`delete counter ${placeOf(table, name)}`);
}
