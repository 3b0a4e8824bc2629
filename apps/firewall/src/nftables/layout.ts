import { createHash } from 'node:crypto';
import type { FirewallSettings } from '../config.ts';
import { PREFIX, setNames } from './names.ts';
import type { SetName } from './names.ts';

/** A chain with its rules, in the words of nft. */
export interface ChainLayout {
  readonly name: string;
  /** Where it hangs; undefined for the one that the others go to. */
  readonly hook?: string;
  readonly priority?: number;
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

/** The layout that these settings ask for. Pure. */
export function layoutOf(settings: FirewallSettings): Layout {
  const { table, families, setOnly } = settings;
  const sets = setNames(families);
  const chains = setOnly ? [] : [denyChain(settings), ...settings.hooks.map((hook) => hookChain(hook, settings, sets))];
  const digest = createHash('sha256').update(JSON.stringify(chains)).digest('hex').slice(0, 8);
  return {
    table,
    sets,
    counters: [...new Set(sets.map(({ counter }) => counter))],
    chains,
    mark: `crowdsec-firewall-bouncer ${digest}`,
  };
}

/** The rule that drops what is in a set; also what `setup` proposes to those who write their own. */
export function matchOf({ name, counter, family }: SetName): string {
  return `${family === 4 ? 'ip' : 'ip6'} saddr @${name} counter name ${counter}`;
}

function denyChain({ denyAction, denyLog }: FirewallSettings): ChainLayout {
  const log = 'limit rate 10/second burst 20 packets log prefix "crowdsec drop: "';
  const deny = denyAction === 'DROP' ? ['drop'] : ['meta l4proto tcp reject with tcp reset', 'reject'];
  return { name: `${PREFIX}deny`, rules: [...(denyLog ? [log] : []), ...deny] };
}

function hookChain(hook: string, { priority }: FirewallSettings, sets: readonly SetName[]): ChainLayout {
  return {
    name: `${PREFIX}${hook}`,
    hook,
    priority,
    rules: sets.map((set) => `${matchOf(set)} goto ${PREFIX}deny`),
  };
}
