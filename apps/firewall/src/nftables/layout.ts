import { createHash } from 'node:crypto';
import type { FirewallSettings } from '../config.ts';
import type { KernelGroup } from './origin-group.ts';
import { PREFIX, processedCounter, setNames } from './names.ts';
import type { SetName } from './names.ts';

/** A chain with its rules, in the words of nft. */
export interface ChainLayout {
  readonly name: string;
  /** Where it hangs; undefined for the one that the others go to. */
  readonly hook?: string;
  readonly priority?: number;
  /** Network interfaces, for the hook ingress. */
  readonly devices?: readonly string[];
  readonly rules: readonly string[];
}

/** All that must stand in the table beside the elements. */
export interface Layout {
  readonly table: string;
  readonly sets: readonly SetName[];
  /** Named counters: one for each family and group of origins. */
  readonly counters: readonly string[];
  readonly chains: readonly ChainLayout[];
  /** Stands as comment on every rule: a rule of an earlier configuration is told by it. */
  readonly mark: string;
}

/** What a layout depends on beside the settings. */
interface Found {
  readonly devices?: readonly string[];
  /** Default: those that are always there. */
  readonly groups?: readonly KernelGroup[];
}

/**
 * The layout that these settings ask for. Pure. The hook `ingress` hangs at those of `devices` that the settings name: the
 * kernel refuses the whole transaction for one that is not there.
 */
export function layoutOf(settings: FirewallSettings, { devices = [], groups }: Found = {}): Layout {
  const { table, families } = settings;
  const sets = setNames(families, groups);
  const chains = settings.setOnly ? [] : chainsOf(settings, sets, devices);
  const digest = createHash('sha256').update(JSON.stringify(chains)).digest('hex').slice(0, 8);
  return {
    table,
    sets,
    counters: [
      ...new Set([...sets.map(({ counter }) => counter), ...(settings.setOnly ? [] : families.map(processedCounter))]),
    ],
    chains,
    mark: `crowdsec-firewall-bouncer ${digest}`,
  };
}

/** The rule that drops what comes from a set, or goes to it; also what `setup` proposes to those who write their own. */
export function matchOf({ name, counter, family }: SetName, side: 'saddr' | 'daddr' = 'saddr'): string {
  return `${family === 4 ? 'ip' : 'ip6'} ${side} @${name} counter name ${counter}`;
}

/** A hook, and whether what comes from banned addresses is blocked there, and what goes to them. */
interface GuardedHook {
  readonly hook: string;
  readonly from: boolean;
  readonly to: boolean;
}

/** All hooks at which something is blocked. */
export function guardedHooks({ hooks, blockOutgoing }: FirewallSettings): readonly GuardedHook[] {
  const seeOut = ['output', 'postrouting'];
  // Behind postrouting nothing is left to do; before it, what this host sends and what it passes on are two hooks.
  const added = blockOutgoing && !hooks.includes('postrouting') ? ['output', 'forward'] : [];
  return [...new Set([...hooks, ...added])].map((hook) => ({
    hook,
    from: hooks.includes(hook) && hook !== 'output',
    to: added.includes(hook) || seeOut.includes(hook),
  }));
}

function chainsOf(settings: FirewallSettings, sets: readonly SetName[], devices: readonly string[]): ChainLayout[] {
  const { interfaces } = settings;
  const hooks = guardedHooks(settings);
  const there = interfaces.filter((name) => devices.includes(name));
  const hung = hooks.filter(({ hook }) => hook !== 'ingress' || there.length > 0);
  const deny = [denyChain('deny', settings)];
  // The kernel knows no reject at this hook.
  const dropsToo = settings.denyAction === 'REJECT' && hung.some(({ hook }) => hook === 'postrouting');
  if (dropsToo) deny.push(denyChain('drop', { ...settings, denyAction: 'DROP' }));
  // What came by an earlier hook has been counted there.
  const early = hung.find(({ hook }) => hook === 'ingress' || hook === 'prerouting');
  const isFirst = (hook: GuardedHook): boolean => (early === undefined ? hook.hook !== 'postrouting' : hook === early);
  return [...deny, ...hung.flatMap((hook) => hookChains(hook, { ...settings, isFirst: isFirst(hook) }, sets, there))];
}

function denyChain(name: 'deny' | 'drop', { denyAction, denyLog, logPrefix }: FirewallSettings): ChainLayout {
  const log = `limit rate 10/second burst 20 packets log prefix "${logPrefix} "`;
  const deny = denyAction === 'DROP' ? ['drop'] : ['meta l4proto tcp reject with tcp reset', 'reject'];
  return { name: `${PREFIX}${name}`, rules: [...(denyLog ? [log] : []), ...deny] };
}

function processedRule(family: 4 | 6): string {
  return `meta nfproto ipv${family} counter name ${processedCounter(family)}`;
}

/** Packets that are let through whatever address they have. */
const LET_THROUGH = {
  all: [],
  incoming: ['ct direction reply return'],
  new: ['ct state established,related return'],
} as const;

/** The chain at the hook; with interfaces it leads those that are named to chains with the rules. */
function hookChains(
  { hook, from, to }: GuardedHook,
  settings: FirewallSettings & { readonly isFirst: boolean },
  sets: readonly SetName[],
  devices: readonly string[],
): ChainLayout[] {
  const { priority, interfaces, connections, denyAction, isFirst } = settings;
  const deny = `${PREFIX}${hook === 'postrouting' && denyAction === 'REJECT' ? 'drop' : 'deny'}`;
  const name = `${PREFIX}${hook}`;
  const isIngress = hook === 'ingress';
  const sides = [
    ...(from ? [{ side: 'saddr', key: 'iifname', suffix: '_from' } as const] : []),
    ...(to ? [{ side: 'daddr', key: 'oifname', suffix: '_to' } as const] : []),
  ];
  const rulesOf = (side: 'saddr' | 'daddr'): string[] => sets.map((set) => `${matchOf(set, side)} goto ${deny}`);
  // Both ends of an interface name are not known everywhere: what comes from another host has no `oif` at prerouting.
  const isNarrow = interfaces.length > 0 && !isIngress;
  const rules = sides.flatMap(({ side, key, suffix }) =>
    isNarrow
      ? interfaces.map((each) => `meta ${key} "${each.replace(/\+$/, '*')}" jump ${name}${suffix}`)
      : rulesOf(side),
  );
  const leaves = isNarrow ? sides.map(({ side, suffix }) => ({ name: `${name}${suffix}`, rules: rulesOf(side) })) : [];
  const head = [...(from && isFirst ? settings.families.map(processedRule) : []), ...LET_THROUGH[connections]];
  const hung = { name, hook, priority, ...(isIngress && { devices }), rules: [...head, ...rules] };
  return [...leaves, hung];
}
