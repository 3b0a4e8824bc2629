import type { Network } from '@bouncer/stream';
import { familyOf, isSingle } from '@bouncer/stream';
import { STANDARD_GROUPS } from './origin-group.ts';
import type { KernelGroup } from './origin-group.ts';

/** Everything of ours in the table begins with it: the table may be shared with the administrator. */
export const PREFIX = 'crowdsec_';

/** What one of our sets is for. */
export interface SetName {
  /** `crowdsec_capi4`, `crowdsec_local6_ranges`. */
  readonly name: string;
  /** The named counter of its family and group: `crowdsec_capi4`. */
  readonly counter: string;
  readonly family: 4 | 6;
  readonly group: KernelGroup;
  /** True for the interval set, false for the hash set of single addresses. */
  readonly ranges: boolean;
}

/** Our sets for these families: one for each group of origins, single addresses and ranges apart. */
export function setNames(
  families: readonly (4 | 6)[],
  groups: readonly KernelGroup[] = STANDARD_GROUPS,
): readonly SetName[] {
  return families.flatMap((family) =>
    groups.flatMap((group) =>
      [false, true].map((ranges) => {
        const counter = `${PREFIX}${group}${family}`;
        return { name: ranges ? `${counter}_ranges` : counter, counter, family, group, ranges };
      }),
    ),
  );
}

/** The set that holds a network of this group. */
export function setOf(network: Network, group: KernelGroup): string {
  return `${PREFIX}${group}${familyOf(network)}${isSingle(network) ? '' : '_ranges'}`;
}

/** The group of a set's name; empty for a name that is none of ours. */
export function groupOf(set: string): KernelGroup {
  return /^crowdsec_(.+?)[46](?:_ranges)?$/.exec(set)?.[1] ?? '';
}

/** The named counter of all packets that were looked at. */
export function processedCounter(family: 4 | 6): string {
  return `${PREFIX}processed${family}`;
}
