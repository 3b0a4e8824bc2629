import type { Concern } from '@bouncer/target';
import type { FirewallSettings } from '../config.ts';
import { deviceConcerns, devicesOf } from '../doctor/devices.ts';
import { forwardConcern } from '../doctor/forwarding.ts';
import { flowtableConcerns } from '../doctor/flowtables.ts';
import { judgeOwnRules } from '../walk/verdict.ts';
import type { Path } from '../walk/verdict.ts';
import type { Step } from '../walk/walk.ts';
import { matchOf } from './layout.ts';
import type { Layout } from './layout.ts';
import { PREFIX } from './names.ts';
import type { SetName } from './names.ts';
import { readSteps } from './rule-step.ts';
import type { Seen } from './seen.ts';

/**
 * What lets banned packets through although table and chains are in place. Base chains of others cannot: an accept there ends
 * that chain only, and the packet comes to ours all the same, whatever the priorities. A flowtable can, since packets of a
 * connection that it carries come to no hook behind it.
 */
export function findConcerns(settings: FirewallSettings, layout: Layout, seen: Seen, forwards: boolean): Concern[] {
  const own = settings.setOnly ? ownRulesConcerns(settings, layout, seen, forwards) : [];
  return [
    ...own,
    ...deviceConcerns(settings, devicesOf(settings)),
    ...forwardConcern(settings, forwards),
    ...flowtableConcerns(seen.flowtables),
  ];
}

function ownRulesConcerns(settings: FirewallSettings, { sets }: Layout, seen: Seen, forwards: boolean): Concern[] {
  const { table } = settings;
  const perSet = sets.map((set) => {
    const paths = {
      input: pathOf('what is for this host', ['ingress', 'prerouting', 'input'], seen, set, settings),
      forward: pathOf('what is forwarded', ['ingress', 'prerouting', 'forward'], seen, set, settings),
    };
    const fix = `nft insert rule inet ${table} YOUR_CHAIN ${matchOf(set)} drop (setup prints all of them)`;
    return { name: set.name, concerns: judgeOwnRules(paths, set.name, forwards, fix) };
  });
  return joined(perSet);
}

function pathOf(name: string, hooks: readonly string[], seen: Seen, set: SetName, settings: FirewallSettings): Path {
  const chains = new Map<string, Step[]>();
  for (const { chain, expr } of seen.rules) {
    const { name, family } = set;
    const steps = readSteps(expr, { set: name, family, isNeverBanned: settings.isNeverBanned });
    chains.set(chain, [...(chains.get(chain) ?? []), ...steps]);
  }
  const bases = seen.bases.filter(({ type, hook }) => type === 'filter' && hooks.includes(hook));
  return { name, starts: bases.map((base) => ({ chains, start: base.name })) };
}

/** One concern for all sets of which the same is true. */
function joined(perSet: readonly { readonly name: string; readonly concerns: readonly Concern[] }[]): Concern[] {
  const groups = new Map<string, { readonly concern: Concern; readonly name: string; readonly names: string[] }>();
  for (const { name, concerns } of perSet) {
    for (const concern of concerns) {
      const key = concern.seen.replace(name, '@');
      const group = groups.get(key) ?? { concern, name, names: [] };
      group.names.push(name.slice(PREFIX.length));
      groups.set(key, group);
    }
  }
  return [...groups.values()].map(({ concern, name, names }) => ({
    ...concern,
    seen: concern.seen.replace(name, names.join(', ')),
  }));
}
