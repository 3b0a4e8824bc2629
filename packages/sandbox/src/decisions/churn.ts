import type { DecisionInput, DecisionTable } from '../lapi/decision-table.ts';
import { capiDecision, distinctValues, localDecision } from './decision-mix.ts';
import type { MixOptions } from './decision-mix.ts';
import { mulberry32 } from './random.ts';

/** What changes at once: values that end, decisions that come. */
export interface Churn {
  readonly removed: readonly string[];
  readonly added: readonly DecisionInput[];
}

/**
 * The community blocklist's refresh, every two hours or so: the share `replaced` (default 0.03) of its addresses is
 * gone, as many new ones come, and all others come again with a new end. To a bouncer that is a delta of nearly the
 * whole list in which next to nothing changes.
 */
export function capiRefresh(
  current: readonly DecisionInput[],
  options: { readonly seed?: number; readonly replaced?: number } & Pick<MixOptions, 'ipv6'> = {},
): Churn {
  const random = mulberry32(options.seed ?? 2);
  const value = distinctValues(
    random,
    options,
    current.map((decision) => decision.value),
  );
  const removed: string[] = [];
  const added: DecisionInput[] = [];
  for (const decision of current) {
    if (decision.origin !== 'CAPI') continue;
    const gone = random() < (options.replaced ?? 0.03);
    if (gone) removed.push(decision.value);
    added.push(capiDecision(random, gone ? value(false) : decision.value));
  }
  return { removed, added };
}

/** A few local bans and unbans, as between two polls of a busy host. */
export function localChurn(
  current: readonly DecisionInput[],
  options: { readonly seed?: number; readonly bans?: number; readonly unbans?: number } & MixOptions = {},
): Churn {
  const random = mulberry32(options.seed ?? 3);
  const value = distinctValues(
    random,
    options,
    current.map((decision) => decision.value),
  );
  const local = current.filter((decision) => decision.origin === 'crowdsec' || decision.origin === 'cscli');
  const removed = local.slice(0, options.unbans ?? 2).map((decision) => decision.value);
  const added = Array.from({ length: options.bans ?? 3 }, () => localDecision(random, value(true)));
  return { removed, added };
}

/** Puts a churn into a table the way LAPI does: one transaction of additions, then the deletions of CAPI or local rows. */
export function applyChurn(table: DecisionTable, churn: Churn, origin?: string): void {
  for (const value of churn.removed) table.delete(origin === undefined ? { value } : { value, origin });
  table.addMany(churn.added);
}
