import { originRank } from '@bouncer/stream';
import type { DecisionSet } from '@bouncer/stream';
import type { DecisionIdOf } from '@bouncer/target';

/**
 * Looks ids up in the set, which has them: a target that kept its own would pay for each entry what it needs once in a while.
 * Of several decisions it is the one that the set shows: the most local, then the longest, then the oldest.
 */
export function decisionIdIn(set: () => Pick<DecisionSet, 'decisionsOn'>): DecisionIdOf {
  return (network, scenario) => {
    const [shown] = set()
      .decisionsOn(network)
      .filter((decision) => decision.scenario === scenario)
      .sort((a, b) => originRank(a.origin) - originRank(b.origin) || b.expiresAt - a.expiresAt || a.id - b.id);
    return shown?.id;
  };
}
