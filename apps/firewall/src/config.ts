import { setting, type CoreValues, type SettingType, type Problem, type ValuesOf } from '@bouncer/target';
import { NOTHING_GIVEN } from './setup/given-settings.ts';
import type { GivenSettings } from './setup/given-settings.ts';
import { neverBanned } from './walk/sources.ts';
import type { IsNeverBanned } from './walk/sources.ts';

/** Names that nft takes unquoted, short enough that those made of it fit into ipset's 31 characters. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,19}$/;
/** A chain of iptables: at most 28 characters, and never something that it could take for an option. */
const CHAIN = /^[A-Za-z][A-Za-z0-9_-]{0,27}$/;
/** The hooks that see packets of others come in. */
const NFT_HOOKS = ['prerouting', 'input', 'forward'];
const IPTABLES_BUILT_IN = ['INPUT', 'FORWARD', 'DOCKER-USER'];
const MAX_PRIORITY = 10_000;

/** A whole number that may be negative. */
const priorityKind: SettingType<number> = {
  accepted: `a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`,
  schema: { type: 'integer', minimum: -MAX_PRIORITY, maximum: MAX_PRIORITY },
  parse(text) {
    const value = /^[+-]?\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    return Math.abs(value) <= MAX_PRIORITY ? { value } : { problem: `${JSON.stringify(text)} is no priority` };
  },
  print: String,
};

/** The settings of the Linux firewall connector. */
export const firewallSettings = {
  mode: setting.choice(['nftables', 'iptables'], {
    env: 'FIREWALL_MODE',
    default: 'nftables',
    help: 'nftables, or iptables with ipset',
  }),
  table: setting.text({
    env: 'FIREWALL_TABLE',
    default: 'crowdsec',
    pattern: NAME,
    accepted: 'a letter, then up to 19 letters, digits and underscores',
    help: 'name of the nftables table (family inet); in iptables mode the beginning of the names of the ipsets',
  }),
  hooks: setting.list({
    env: 'FIREWALL_HOOKS',
    default: 'input,forward',
    pattern: CHAIN,
    accepted: 'input, forward, prerouting (nftables); INPUT, FORWARD, DOCKER-USER or another chain (iptables)',
    help: 'where packets are dropped: hooks of nftables (input, forward, prerouting) or chains of iptables (also DOCKER-USER)',
  }),
  priority: setting.of(priorityKind, {
    env: 'FIREWALL_PRIORITY',
    default: -10,
    help: 'priority of the nftables chains: the lower, the earlier; other filters stand at 0',
  }),
  setOnly: setting.boolean({
    env: 'FIREWALL_SET_ONLY',
    default: false,
    help: 'keep the sets only, and leave chains and rules to the administrator',
  }),
  denyAction: setting.choice(['DROP', 'REJECT'], {
    env: 'FIREWALL_DENY_ACTION',
    default: 'DROP',
    help: 'DROP, or REJECT with an answer to the sender',
  }),
  denyLog: setting.boolean({
    env: 'FIREWALL_DENY_LOG',
    default: false,
    help: 'log blocked packets to the kernel log, at most 10 a second',
  }),
  ipv6: setting.boolean({ env: 'FIREWALL_IPV6', default: true, help: 'block IPv6 addresses' }),
};

/** All values that the connector works with. */
export type FirewallValues = Pick<CoreValues, 'maxEntries' | 'allowlist' | 'blockPrivateNetworks'> &
  ValuesOf<typeof firewallSettings>;

/** What a target has to know. */
export interface FirewallSettings extends Pick<
  FirewallValues,
  'mode' | 'table' | 'priority' | 'setOnly' | 'denyAction' | 'denyLog'
> {
  /** Hooks of nftables in lower case, or chains of iptables as they are written. */
  readonly hooks: readonly string[];
  readonly families: readonly (4 | 6)[];
  readonly maxEntries?: number | undefined;
  /** Sources that no ban reaches: rules of others that let only these in are no opening. */
  readonly isNeverBanned: IsNeverBanned;
  /** What `setup` has to repeat of the settings that all connectors have. */
  readonly given: GivenSettings;
}

/** What is wrong with settings that are sound one by one. */
export function validateFirewall(values: FirewallValues): readonly Problem[] {
  const { mode, hooks, setOnly } = values;
  if (hooks.length === 0 && !setOnly) {
    return [{ variable: 'FIREWALL_HOOKS', problem: 'is empty: nothing would be blocked' }];
  }
  if (mode === 'iptables') return [];
  const unknown = hooks.filter((hook) => !NFT_HOOKS.includes(hook.toLowerCase()));
  return unknown.map((hook) => ({
    variable: 'FIREWALL_HOOKS',
    problem: `${JSON.stringify(hook)} is no hook of nftables`,
    accepted: `${NFT_HOOKS.join(', ')} (chains such as DOCKER-USER need FIREWALL_MODE=iptables; forward guards containers, too)`,
  }));
}

/** The settings of the one target. */
export function settingsFor(values: FirewallValues, given: GivenSettings = NOTHING_GIVEN): FirewallSettings {
  const named = values.hooks.map((hook) => (values.mode === 'nftables' ? hook.toLowerCase() : chainOf(hook)));
  return {
    ...values,
    hooks: [...new Set(named)],
    families: values.ipv6 ? [4, 6] : [4],
    isNeverBanned: neverBanned(values.allowlist, values.blockPrivateNetworks),
    given,
  };
}

/** `docker-user` is DOCKER-USER; chains that we do not know stay as they are written. */
function chainOf(hook: string): string {
  return IPTABLES_BUILT_IN.find((chain) => chain === hook.toUpperCase()) ?? hook;
}
