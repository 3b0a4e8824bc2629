import type { WireDecision } from './wire-decision.ts';

/** Which decisions are enforced. An absent or empty list lets everything through. */
export interface DecisionFilter {
  /** Decision types enforced as a block: `ban`. */
  readonly types: ReadonlySet<string>;
  /** Exact names, as LAPI compares them. */
  readonly origins?: readonly string[];
  /** The scenario must contain one of these; case does not matter. */
  readonly scenariosContaining?: readonly string[];
  /** The scenario must contain none of these; case does not matter. */
  readonly scenariosNotContaining?: readonly string[];
}

/** Why a decision is not enforced. */
export type FilterReason = 'type' | 'origin' | 'scenario';

/**
 * The filter as a function: the reason to pass over a decision, or undefined to enforce it. LAPI is asked to filter as
 * well, but that only saves traffic: its filters changed between versions, and a proxy may serve someone else's answer.
 */
export function compileFilter(filter: DecisionFilter): (decision: WireDecision) => FilterReason | undefined {
  const origins = filter.origins?.length ? new Set(filter.origins) : undefined;
  const wanted = (filter.scenariosContaining ?? []).map((text) => text.toLowerCase());
  const unwanted = (filter.scenariosNotContaining ?? []).map((text) => text.toLowerCase());
  const byScenario = wanted.length + unwanted.length > 0;
  return (decision) => {
    if (!filter.types.has(decision.type)) return 'type';
    if (origins && !origins.has(decision.origin)) return 'origin';
    if (!byScenario) return undefined;
    const scenario = decision.scenario.toLowerCase();
    if (wanted.length > 0 && !wanted.some((text) => scenario.includes(text))) return 'scenario';
    if (unwanted.some((text) => scenario.includes(text))) return 'scenario';
    return undefined;
  };
}
