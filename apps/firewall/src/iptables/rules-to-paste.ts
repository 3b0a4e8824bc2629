import type { FirewallSettings } from '../config.ts';
import { createLine, ipsetShape } from './ipset.ts';
import { guardedChains } from './rules.ts';

/** Commands for rules that people keep themselves: FIREWALL_SET_ONLY. The sets come first, so that they are taken before we have run. */
export function iptablesRulesToPaste(settings: FirewallSettings): readonly string[] {
  const { table, families, denyAction, maxEntries } = settings;
  const chains = guardedChains({ ...settings, setOnly: false });
  return families.flatMap((family) => {
    const shape = ipsetShape(table, family, maxEntries);
    const program = family === 4 ? 'iptables' : 'ip6tables';
    const rules = chains.flatMap(({ chain, sides }) =>
      sides.map((side) => `${program} -I ${chain} 1 -m set --match-set ${shape.name} ${side} -j ${denyAction}`),
    );
    return [`ipset -exist ${createLine(shape).trim()}`, ...rules];
  });
}
