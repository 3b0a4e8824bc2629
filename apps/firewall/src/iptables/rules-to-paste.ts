import type { FirewallSettings } from '../config.ts';
import { createLine, ipsetShape } from './ipset.ts';

/** Commands for rules that people keep themselves: FIREWALL_SET_ONLY. The sets come first, so that they are taken before we have run. */
export function iptablesRulesToPaste({
  table,
  families,
  hooks,
  denyAction,
  maxEntries,
}: FirewallSettings): readonly string[] {
  return families.flatMap((family) => {
    const shape = ipsetShape(table, family, maxEntries);
    const program = family === 4 ? 'iptables' : 'ip6tables';
    const match = `-m set --match-set ${shape.name} src -j ${denyAction}`;
    return [`ipset -exist ${createLine(shape).trim()}`, ...hooks.map((hook) => `${program} -I ${hook} 1 ${match}`)];
  });
}
