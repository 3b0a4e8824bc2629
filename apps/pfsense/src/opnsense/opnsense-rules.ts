import { failed, warned, type CheckStep } from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';
import { countRules } from '../rules/drop-split.ts';
import type { Count, PfCounts } from '../rules/drop-split.ts';
import type { RuleRow } from '../rules/from-rows.ts';
import { judgeRows } from '../rules/judge-rows.ts';
import { parseRules } from '../rules/pf-rule.ts';
import { judgeWay } from '../rules/verdict.ts';
import { uses } from '../rules/walk.ts';
import { rowsOf } from './opnsense-api.ts';
import type { OpnSenseApi } from './opnsense-api.ts';

type Json = Readonly<Record<string, unknown>>;

/** What pf holds and has counted for the alias, and its limit. */
export interface OpnCounts extends PfCounts {
  /** Most entries of all tables together, and how many are used; undefined when the API does not say. */
  readonly limit?: number;
  readonly used?: number;
}

/**
 * What pf has counted: the table by `getTableSize` (its text of `pfctl -vvsT`), the rules by `pf_statistics/rules`.
 * Undefined when the API tells nothing of the table.
 */
export async function readCounts(api: OpnSenseApi, signal: AbortSignal): Promise<OpnCounts | undefined> {
  const size = (await api.get('/api/firewall/alias/getTableSize', signal)) as Json | null | undefined;
  const table = (size?.['details'] as Json | undefined)?.[api.alias] as Json | undefined;
  if (!size || !table) return undefined;
  const rules = (await loadedRules(api, signal).catch(() => undefined)) ?? [];
  const sum = (unit: string): number => number(table[`in_block_${unit}`]) + number(table[`out_block_${unit}`]);
  return {
    table: { packets: sum('p'), bytes: sum('b') },
    rules: countRules(rules, api.alias),
    ...(number(size['size']) > 0 && { limit: number(size['size']), used: number(size['used']) }),
  };
}

/** What the rules do with a banned packet: those that pf has loaded, else those that are configured. Warns where neither is told. */
export async function ruleStep(api: OpnSenseApi, signal: AbortSignal): Promise<CheckStep> {
  const { alias } = api;
  const loaded = await loadedRules(api, signal).catch((error: unknown) => error as Error);
  signal.throwIfAborted();
  const told = await configuredRules(api, signal).catch((error: unknown) => error as Error);
  const configured = told instanceof Error ? undefined : told;
  signal.throwIfAborted();
  if (Array.isArray(loaded)) {
    const rules = parseRules(loaded.map(([rule]) => rule).join('\n'));
    const ours = rules.filter((rule) => uses(rule, alias));
    if (ours.length === 0) return configured ? notLoaded(configured, alias) : judgeRows([], alias);
    if (configured?.some((row) => row['interface'] !== undefined) && judgeRows(configured, alias).level === 'fail') {
      return judgeRows(configured, alias);
    }
    const names = [...new Set(ours.flatMap(({ interfaces }) => interfaces))];
    return judgeWay(rules, { where: `on ${names.join(', ') || 'all interfaces'}`, names, isWan: true }, alias);
  }
  if (configured) return judgeRows(configured, alias);
  const why = told instanceof Error ? told : loaded;
  const seen = `the rules cannot be seen: ${why === undefined ? 'this release does not tell them' : messageOf(why)}`;
  return warned('rule', seen, (why && hintOf(why)) || `check that one of them blocks ${alias}`);
}

function notLoaded(rows: readonly RuleRow[], alias: string): CheckStep {
  const step = judgeRows(rows, alias);
  if (step.level === 'fail') return step;
  return failed(
    'rule',
    `pf has no rule that uses ${alias}, though one is configured: nothing is blocked`,
    'Firewall > Rules > Apply; see Firewall > Log Files > General for why it was left out',
  );
}

/** Rules of `searchRule`: old ones and those of the new editor look alike there. Undefined in releases that do not tell. */
export async function configuredRules(api: OpnSenseApi, signal: AbortSignal): Promise<readonly RuleRow[] | undefined> {
  const data = await api.get('/api/firewall/filter/searchRule?show_all=1', signal);
  return data === undefined ? undefined : rowsOf(data);
}

async function loadedRules(api: OpnSenseApi, signal: AbortSignal): Promise<(readonly [string, Count])[] | undefined> {
  const data = (await api.get('/api/diagnostics/firewall/pf_statistics/rules', signal)) as Json | null | undefined;
  const rules = (data?.['rules'] as Json | undefined)?.['filter rules'];
  if (typeof rules !== 'object' || rules === null) return undefined;
  return Object.entries(rules as Record<string, Json>).map(
    ([rule, { packets, bytes }]) => [rule, { packets: number(packets), bytes: number(bytes) }] as const,
  );
}

function number(value: unknown): number {
  const read = Number(value ?? 0);
  return Number.isFinite(read) ? read : 0;
}
