/** Who asked for a block, most local first: this machine's detection, people, blocklists, the community list. */
export const originGroups = ['local', 'manual', 'lists', 'community'] as const;
export type OriginGroup = (typeof originGroups)[number];

const GROUPS: Readonly<Record<string, OriginGroup>> = {
  crowdsec: 'local',
  cscli: 'manual',
  'cscli-import': 'manual',
  console: 'manual',
  remediation_sync: 'manual',
  CAPI: 'community',
};

/**
 * The group of an origin, as LAPI names it or as it is counted (`lists:NAME`). Whatever LAPI may invent counts with the
 * lists, as it ranks with them. This file imports nothing: the page in the browser has it, too.
 */
export function originGroup(origin: string): OriginGroup {
  return Object.hasOwn(GROUPS, origin) ? (GROUPS[origin] ?? 'lists') : 'lists';
}
