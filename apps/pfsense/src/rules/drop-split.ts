import type { DropCounters } from '@bouncer/target';

/** Packets and bytes, as pf counts them. */
export interface Count {
  readonly packets: number;
  readonly bytes: number;
}

/** One look at pf's counters. */
export interface PfCounts {
  /** Blocked by any rule that uses the table; outlives a filter reload. */
  readonly table: Count;
  /** The block rules that use the table, by family; they begin anew at every filter reload. */
  readonly rules: Readonly<Record<4 | 6, Count>>;
}

const NOTHING: Count = { packets: 0, bytes: 0 };
const FIRST: PfCounts = { table: NOTHING, rules: { 4: NOTHING, 6: NOTHING } };
type Part = 4 | 6 | undefined;

/**
 * Tells the families of what a pf table has blocked apart: pf counts a table as a whole and each of its rules (one for a
 * family) by itself. The table says how much, the rules say of what; what no rule accounts for has no family.
 */
export class DropSplit {
  readonly #sums = new Map<Part, { packets: number; bytes: number }>();
  #last = FIRST;

  /** Takes a look. `only` is asked for the family of everything that is in the table, when that is one. */
  note(now: PfCounts, only: () => 4 | 6 | undefined): void {
    const then = this.#last;
    this.#last = now;
    for (const unit of ['packets', 'bytes'] as const) {
      const grown = (from: Count, to: Count): number => growth(from[unit], to[unit]);
      const all = grown(then.table, now.table);
      if (all === 0) continue;
      const four = grown(then.rules[4], now.rules[4]);
      const six = grown(then.rules[6], now.rules[6]);
      // The two are not read at one moment: a packet in between is in the rules alone.
      const scale = Math.min(1, all / Math.max(1, four + six));
      const parts = { 4: Math.round(four * scale), 6: Math.floor(six * scale) };
      this.#add(4, unit, parts[4]);
      this.#add(6, unit, parts[6]);
      const rest = all - parts[4] - parts[6];
      if (rest > 0) this.#add(only(), unit, rest);
    }
  }

  /** Everything since the device began to count. */
  counters(): DropCounters[] {
    return [...this.#sums].map(([family, count]) => ({ ...(family !== undefined && { family }), ...count }));
  }

  #add(part: Part, unit: 'packets' | 'bytes', count: number): void {
    if (count === 0) return;
    const sum = this.#sums.get(part) ?? { ...NOTHING };
    sum[unit] += count;
    this.#sums.set(part, sum);
  }
}

/** The block rules among these that use the table, as `pfctl -vsr` or `-vvsr` prints each, with what they have counted. */
export function countRules(rules: Iterable<readonly [rule: string, count: Count]>, table: string): PfCounts['rules'] {
  const sums = { 4: { ...NOTHING }, 6: { ...NOTHING } };
  for (const [rule, { packets, bytes }] of rules) {
    if (!usesTable(rule, table)) continue;
    const family = / inet6 /.test(rule) ? 6 : / inet /.test(rule) ? 4 : undefined;
    if (family === undefined) continue;
    sums[family].packets += packets;
    sums[family].bytes += bytes;
  }
  return sums;
}

/** True for a block rule of pf whose source or destination is this table: `<name>`, or `<name:3>` with its size. */
function usesTable(rule: string, table: string): boolean {
  return /^(@\d+ )?(\S+ )?block /.test(rule) && new RegExp(` (from|to) <${table}(:[\\d*]+)?>`).test(rule);
}

/** A counter that went back began anew. */
function growth(before: number, after: number): number {
  return after >= before ? after - before : after;
}
