import type { FirewallSettings } from '../config.ts';
import { guardedHooks, matchOf } from './layout.ts';
import { setNames } from './names.ts';

/** Commands for rules that people keep themselves: FIREWALL_SET_ONLY. The sets come first, so that they are taken before we have run. */
export function nftRulesToPaste(settings: FirewallSettings): readonly string[] {
  const { table, families, priority, denyAction, interfaces } = settings;
  const sets = setNames(families);
  const place = `inet ${table}`;
  return [
    `# They must stand in table ${place}: rules reach only the sets of their own table.`,
    `nft add table ${place}`,
    ...[...new Set(sets.map(({ counter }) => counter))].map((counter) => `nft add counter ${place} ${counter}`),
    ...sets.map(
      ({ name, family, ranges }) =>
        `nft 'add set ${place} ${name} { type ipv${family}_addr; flags ${ranges ? 'interval, ' : ''}timeout; }'`,
    ),
    ...guardedHooks(settings).flatMap(({ hook, from, to }) => {
      const at = hook === 'ingress' ? ` devices = { ${interfaces.join(', ')} }` : '';
      const sides = [...(from ? ['saddr' as const] : []), ...(to ? ['daddr' as const] : [])];
      const action = hook === 'postrouting' ? 'drop' : denyAction.toLowerCase();
      return [
        `nft 'add chain ${place} own_${hook} { type filter hook ${hook}${at} priority ${priority}; policy accept; }'`,
        ...sides.flatMap((side) =>
          sets.map((set) => `nft add rule ${place} own_${hook} ${matchOf(set, side)} ${action}`),
        ),
      ];
    }),
  ];
}
