import type { DropCounters } from '@bouncer/connector';
import type { Family } from './address-list.ts';
import { read } from './routeros/command.ts';
import type { Link } from './routeros/link.ts';
import { attribute, type Sentence } from './routeros/sentence.ts';

/** The tables of the firewall in which a rule can drop. */
export type RuleTable = 'raw' | 'filter';

/** One rule of the router's firewall, as far as we look. */
export interface Rule {
  readonly table: RuleTable;
  readonly id: string;
  readonly chain: string;
  readonly action: string;
  readonly jumpTarget: string | undefined;
  readonly sourceList: string | undefined;
  readonly inInterfaceList: string | undefined;
  readonly connectionState: string;
  readonly comment: string | undefined;
  /** False when it is disabled, or invalid (an interface that is gone). */
  readonly active: boolean;
  readonly dynamic: boolean;
  readonly packets: number;
  readonly bytes: number;
}

const NAMES = [
  '.id',
  'chain',
  'action',
  'jump-target',
  'src-address-list',
  'in-interface-list',
  'connection-state',
  'comment',
  'disabled',
  'invalid',
  'dynamic',
  'packets',
  'bytes',
] as const;
const ATTRIBUTES = NAMES.map((name) => [name, attribute(name)] as const);
const DROPPING: ReadonlySet<string> = new Set(['drop', 'reject', 'tarpit']);

/** The menu of a table. */
export function ruleMenu(family: Family, table: RuleTable): string {
  return `/${family === 4 ? 'ip' : 'ipv6'}/firewall/${table}`;
}

/** Reads the rules of a table in their order; only those that name the list as source when it is given. */
export async function readRules(
  link: Link,
  family: Family,
  table: RuleTable,
  signal: AbortSignal,
  sourceList?: string,
): Promise<Rule[]> {
  const words = [`${ruleMenu(family, table)}/print`, `=.proplist=${NAMES.join(',')}`];
  if (sourceList !== undefined) words.push(`?src-address-list=${sourceList}`);
  return read(link, words, signal, (row) => toRule(row, table));
}

function toRule(row: Sentence, table: RuleTable): Rule {
  const values = new Map<string, string>();
  for (const [name, bytes] of ATTRIBUTES) {
    const value = row.value(bytes);
    if (value !== undefined) values.set(name, value);
  }
  return {
    table,
    id: values.get('.id') ?? '',
    chain: values.get('chain') ?? '',
    action: values.get('action') ?? 'accept',
    jumpTarget: values.get('jump-target'),
    sourceList: values.get('src-address-list'),
    inInterfaceList: values.get('in-interface-list'),
    connectionState: values.get('connection-state') ?? '',
    comment: values.get('comment'),
    active: values.get('disabled') !== 'true' && values.get('invalid') !== 'true',
    dynamic: values.get('dynamic') === 'true',
    packets: Number(values.get('packets') ?? 0) || 0,
    bytes: Number(values.get('bytes') ?? 0) || 0,
  };
}

/** The rules that block what is in the list: they drop, or send it to a chain that drops. */
export function blockingRules(rules: readonly Rule[], list: string): Rule[] {
  return rules.filter((rule) => rule.active && rule.sourceList === list && drops(rule, rules));
}

function drops(rule: Rule, rules: readonly Rule[]): boolean {
  if (DROPPING.has(rule.action)) return true;
  if (rule.action !== 'jump') return false;
  return rules.some(
    (other) =>
      other.active &&
      other.table === rule.table &&
      other.chain === rule.jumpTarget &&
      other.chain !== rule.chain &&
      DROPPING.has(other.action),
  );
}

/**
 * True when a filter rule stands behind a rule of its chain that accepts established connections: those of a newly
 * blocked address then go on until they end.
 */
export function standsBehindEstablished(rule: Rule, rules: readonly Rule[]): boolean {
  if (rule.table !== 'filter') return false;
  const chain = rules.filter((other) => other.table === rule.table && other.chain === rule.chain);
  const accepting = chain.findIndex(
    (other) =>
      other.active &&
      (other.action === 'accept' || other.action === 'fasttrack-connection') &&
      other.connectionState.split(',').includes('established'),
  );
  return accepting >= 0 && accepting < chain.indexOf(rule);
}

/** What the rules with our list have dropped, by family. */
export async function readCounters(
  link: Link,
  families: readonly Family[],
  list: string,
  signal: AbortSignal,
): Promise<DropCounters[]> {
  const counters: DropCounters[] = [];
  for (const family of families) {
    let packets = 0;
    let bytes = 0;
    for (const table of ['raw', 'filter'] as const) {
      for (const rule of await readRules(link, family, table, signal, list)) {
        if (!DROPPING.has(rule.action) && rule.action !== 'jump') continue;
        packets += rule.packets;
        bytes += rule.bytes;
      }
    }
    counters.push({ family, packets, bytes });
  }
  return counters;
}
