import { countRules, usesTable, type Count, type PfCounts } from '../drop-split.ts';
import { rowsOf, type OpnSenseApi } from './opnsense-api.ts';

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

/** How many block rules use the alias: those that pf has loaded, else those that are configured. Undefined: not told. */
export async function blockingRules(api: OpnSenseApi, signal: AbortSignal): Promise<number | undefined> {
  const loaded = await loadedRules(api, signal).catch((error: unknown) => error);
  if (Array.isArray(loaded)) {
    return (loaded as (readonly [string, Count])[]).filter(([rule]) => usesTable(rule, api.alias)).length;
  }
  const configured = await api.get('/api/firewall/filter/searchRule?show_all=1', signal);
  if (configured !== undefined) return configuredRules(configured, api.alias);
  if (loaded instanceof Error) throw loaded;
  return undefined;
}

/** Rules of `searchRule` that block what the alias holds; old rules and those of the new editor look alike there. */
export function configuredRules(data: unknown, alias: string): number {
  return rowsOf(data).filter((row) => {
    const names = [row['source_net'], row['destination_net']].flatMap((one) => text(one).split(','));
    return names.includes(alias) && !/^pass$/i.test(text(row['action'])) && text(row['enabled']) !== '0';
  }).length;
}

async function loadedRules(api: OpnSenseApi, signal: AbortSignal): Promise<(readonly [string, Count])[] | undefined> {
  const data = (await api.get('/api/diagnostics/firewall/pf_statistics/rules', signal)) as Json | null | undefined;
  const rules = (data?.['rules'] as Json | undefined)?.['filter rules'];
  if (typeof rules !== 'object' || rules === null) return undefined;
  return Object.entries(rules as Record<string, Json>).map(
    ([rule, { packets, bytes }]) => [rule, { packets: number(packets), bytes: number(bytes) }] as const,
  );
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function number(value: unknown): number {
  const read = Number(value ?? 0);
  return Number.isFinite(read) ? read : 0;
}
