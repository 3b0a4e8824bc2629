import { originRank } from '@bouncer/stream';

/** Who asked for a block, as far as the kernel counts apart: our own agents, lists and the console, the community list. */
export type OriginGroup = 'local' | 'lists' | 'capi';

/** All groups, in the order in which they are asked. */
export const ORIGIN_GROUPS: readonly OriginGroup[] = ['local', 'lists', 'capi'];

/** What a group is called in metrics: an origin as LAPI names it. */
export const ORIGIN_OF: Readonly<Record<OriginGroup, string>> = { local: 'crowdsec', lists: 'lists', capi: 'CAPI' };

/** The group of an origin. Anything that LAPI may invent counts with the lists. */
export function originGroup(origin: string): OriginGroup {
  const rank = originRank(origin);
  if (rank <= 2) return 'local';
  return rank === 5 ? 'capi' : 'lists';
}
