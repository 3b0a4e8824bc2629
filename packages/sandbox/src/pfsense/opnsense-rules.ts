import type { PfTable, TableCounters } from './pf-table.ts';

/** A filter rule of OPNsense as its API takes and gives it, as far as we look. */
export interface OpnRule {
  readonly action: 'pass' | 'block' | 'reject';
  readonly ipprotocol: 'inet' | 'inet6' | 'inet46';
  readonly source_net: string;
  enabled: string;
  readonly uuid?: string;
  readonly description?: string;
  /** What pf has counted; a rule for both families is two rules of pf. */
  readonly counted?: Partial<Record<'inet' | 'inet6', TableCounters>>;
}

/** The rule as `pfctl -vvsr` prints it: its number in front, the size of the table behind the table's name. */
export function ruleText(rule: OpnRule, family: string, index: number, { name, entries }: PfTable): string {
  const source = rule.source_net === name ? `<${name}:${entries.size}>` : rule.source_net;
  const action = rule.action === 'block' ? 'block drop' : rule.action === 'reject' ? 'block return' : 'pass';
  return `@${70 + index} ${action} in quick on igb0 ${family} from ${source} to any label "CrowdSec"`;
}

/** Its counters as pfstatistics.py gives them. */
export function countersOf({ counted }: OpnRule, family: 'inet' | 'inet6'): object {
  const { packets, bytes } = counted?.[family] ?? { packets: 0, bytes: 0 };
  return { evaluations: 10, packets, bytes, states: 0, inserted: 'uid 0 pid 0', state_creations: 0 };
}
