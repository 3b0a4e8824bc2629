import type { Concern } from '@bouncer/target';
import type { FirewallSettings } from '../config.ts';
import { deviceConcerns, devicesOf } from '../doctor/devices.ts';
import { forwardConcern } from '../doctor/forwarding.ts';
import { judge, judgeOwnRules } from '../walk/verdict.ts';
import type { Path } from '../walk/verdict.ts';
import { leadersTo } from '../walk/walk.ts';
import type { SeenFamily } from './look.ts';
import type { Side } from './rule-step.ts';
import { guardedChains } from './rules.ts';
import { chainsOf } from './saved.ts';

/** What lets banned packets through although sets and rules are in place, in the words of the doctor and the page. */
export function findConcerns(
  settings: FirewallSettings,
  families: readonly SeenFamily[],
  forwards: boolean,
): readonly Concern[] {
  if (settings.setOnly) return families.flatMap((seen) => ownRulesConcerns(settings, seen, forwards));
  const concerns = families.flatMap((seen) =>
    guardedChains(settings).flatMap(({ chain, sides }) => sides.flatMap((side) => hookConcerns(chain, side, seen))),
  );
  const devices = deviceConcerns(settings, devicesOf(settings));
  return distinct([...concerns, ...devices, ...forwardConcern(settings, forwards)]);
}

/** The paths of packets through all tables; a rule in `raw` counts as well as one in `filter`. */
function ownRulesConcerns(settings: FirewallSettings, { shape, filter }: SeenFamily, forwards: boolean): Concern[] {
  const tables = [...filter.tables].map(([name, table]) => [name, chainsOf(table, settings.isNeverBanned)] as const);
  const path = (name: string, last: string): Path => ({
    name,
    starts: tables.flatMap(([, chains]) =>
      ['PREROUTING', last].filter((start) => chains.has(start)).map((start) => ({ chains, start })),
    ),
  });
  const program = shape.family === 4 ? 'iptables' : 'ip6tables';
  const rule = `-m set --match-set ${shape.name} src -j ${settings.denyAction}`;
  const paths = { input: path('what is for this host', 'INPUT'), forward: path('what is forwarded', 'FORWARD') };
  const fix = `${program} -I INPUT 1 ${rule}; ${program} -I FORWARD 1 ${rule}`;
  return judgeOwnRules(paths, shape.name, forwards, fix);
}

/** A chain of the settings: that it is there, that packets come to it, and that nothing lets them through before. */
function hookConcerns(hook: string, side: Side, { shape, filter }: SeenFamily): Concern[] {
  if (!filter.chains.has(hook)) {
    const fix = hook.startsWith('DOCKER')
      ? 'start Docker, which makes it, or leave it out of FIREWALL_HOOKS'
      : 'correct FIREWALL_HOOKS';
    return [{ level: 'fail', seen: `there is no chain ${hook} (IPv${shape.family})`, fix }];
  }
  const walked = filter.walked[side];
  const leaders = leadersTo(walked, side === 'src' ? ['INPUT', 'FORWARD'] : ['OUTPUT', 'FORWARD'], hook);
  const names: Readonly<Record<string, string>> = {
    INPUT: 'what is for this host',
    FORWARD: 'what is forwarded',
    OUTPUT: 'what this host sends',
  };
  if (leaders.length === 0) {
    const seen = `no rule of INPUT or FORWARD leads to chain ${hook} (IPv${shape.family}): nothing meets the rule in there`;
    return [{ level: 'fail', seen, fix: 'FIREWALL_HOOKS=INPUT,FORWARD' }];
  }
  // Where our rule itself is missing, that is told as damage; here it is what stands before it.
  if (!filter.rules.some(({ chain }) => chain === hook)) return [];
  return leaders.flatMap((start): Concern[] => {
    const { state, seen } = judge({ name: names[start] ?? start, starts: [{ chains: walked, start }] }, shape.name);
    if (state === 'blocked') return [];
    const fix = start === hook ? 'run or sync puts it first again' : `add ${start} to FIREWALL_HOOKS`;
    return [{ level: state === 'doubtful' ? 'warn' : 'fail', seen: `${seen} (IPv${shape.family})`, fix }];
  });
}

function distinct(concerns: readonly Concern[]): readonly Concern[] {
  return [...new Map(concerns.map((concern) => [concern.seen, concern])).values()];
}
