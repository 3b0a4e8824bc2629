import { setting, shown, type CoreValues, type SettingType, type Problem, type ValuesOf } from '@bouncer/target';
import { CONNTRACK_PRIORITY, GOING_OUT, LOG_PREFIX, MAX_PRIORITY, NFT_HOOKS, TABLE_NAME } from './hooks/hook-names.ts';
import { NOTHING_GIVEN } from './setup/given-settings.ts';
import type { GivenSettings } from './setup/given-settings.ts';
import { allowedBy, neverBanned } from './walk/sources.ts';
import type { Allowed, IsNeverBanned } from './walk/sources.ts';

/** A chain of iptables: at most 28 characters, and never something that it could take for an option. */
const CHAIN = /^[A-Za-z][A-Za-z0-9_-]{0,27}$/;
const IPTABLES_BUILT_IN = ['INPUT', 'FORWARD', 'OUTPUT', 'DOCKER-USER'];
/** A name of a network interface, as the kernel takes it; `*` or `+` at its end stands for any ending. */
const INTERFACE = /^(?:[\w.@:-]{1,15}|[\w.@:-]{1,14}[*+])$/;

/** A whole number that may be negative. */
const priorityKind: SettingType<number> = {
  accepted: `a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`,
  schema: { type: 'integer', minimum: -MAX_PRIORITY, maximum: MAX_PRIORITY },
  parse(text) {
    const value = /^[+-]?\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    return Math.abs(value) <= MAX_PRIORITY ? { value } : { problem: `${shown(text)} is no priority` };
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
    pattern: TABLE_NAME,
    accepted: 'a letter, then up to 19 letters, digits and underscores',
    help: 'name of the nftables table (family inet); in iptables mode the beginning of the names of the ipsets',
  }),
  hooks: setting.list({
    env: 'FIREWALL_HOOKS',
    default: 'input,forward',
    pattern: CHAIN,
    accepted:
      'ingress, prerouting, input, forward, output, postrouting (nftables); INPUT, FORWARD, OUTPUT, DOCKER-USER or another chain (iptables)',
    help: 'where packets are dropped: hooks of nftables (ingress, prerouting, input, forward; output and postrouting see what goes out) or chains of iptables (also DOCKER-USER)',
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
  logPrefix: setting.text({
    env: 'FIREWALL_LOG_PREFIX',
    default: 'crowdsec drop:',
    pattern: LOG_PREFIX,
    accepted: 'up to 28 characters without quotes, backslashes and $',
    help: 'how such lines of the kernel log begin; a blank follows',
  }),
  blockOutgoing: setting.boolean({
    env: 'FIREWALL_BLOCK_OUTGOING',
    default: false,
    help: 'also block what goes from this host, or through it, to a banned address',
  }),
  interfaces: setting.list({
    env: 'FIREWALL_INTERFACES',
    defaultNote: 'all',
    pattern: INTERFACE,
    accepted: 'names of network interfaces, `*` at the end for any ending: eth0, ppp*',
    help: 'block only what comes in (or goes out, FIREWALL_BLOCK_OUTGOING) by these interfaces, such as `eth0,ppp*`',
  }),
  connections: setting.choice(['all', 'incoming', 'new'], {
    env: 'FIREWALL_CONNECTIONS',
    default: 'all',
    special: true,
    help: 'whose packets are blocked: all; incoming lets replies to connections in that this host or a network behind it has opened; new looks at first packets alone, so that a connection which is open when its address is banned goes on until it ends',
  }),
  stateDir: setting.path({
    env: 'FIREWALL_STATE_DIR',
    special: true,
    help: 'a folder in which the last list is kept: at a start with an empty kernel, as after a reboot, `run` puts it there before LAPI is asked',
  }),
  ipv6: setting.boolean({ env: 'FIREWALL_IPV6', default: true, help: 'block IPv6 addresses' }),
};

/** All values that the connector works with. */
export type FirewallValues = Pick<CoreValues, 'maxEntries' | 'allowlist' | 'blockPrivateNetworks' | 'dryRun'> &
  ValuesOf<typeof firewallSettings>;

/** What a target has to know. */
export interface FirewallSettings extends Pick<
  FirewallValues,
  | 'mode'
  | 'table'
  | 'priority'
  | 'setOnly'
  | 'denyAction'
  | 'denyLog'
  | 'logPrefix'
  | 'blockOutgoing'
  | 'interfaces'
  | 'connections'
> {
  /** Hooks of nftables in lower case, or chains of iptables as they are written. */
  readonly hooks: readonly string[];
  readonly families: readonly (4 | 6)[];
  readonly maxEntries?: number | undefined;
  /** Sources that no ban reaches: rules of others that let only these in are no opening. */
  readonly isNeverBanned: IsNeverBanned;
  /** What may be blocked of a network. */
  readonly allowed: Allowed;
  /** Where the last list is kept; nowhere in a dry run. */
  readonly stateDir?: string | undefined;
  /** What `setup` has to repeat of the settings that all connectors have. */
  readonly given: GivenSettings;
}

/** What is wrong with settings that are sound one by one. */
export function validateFirewall(values: FirewallValues): readonly Problem[] {
  const { mode, hooks, setOnly } = values;
  if (hooks.length === 0 && !setOnly) {
    return [{ variable: 'FIREWALL_HOOKS', problem: 'is empty: nothing would be blocked' }];
  }
  const named = hooks.map((hook) => hook.toLowerCase());
  if (!setOnly && named.every((hook) => GOING_OUT.includes(hook))) {
    const problem = `${hooks.join(', ')} see only what goes out: nothing that comes in would be blocked`;
    const accepted = mode === 'nftables' ? 'input,forward' : 'INPUT,FORWARD';
    return [{ variable: 'FIREWALL_HOOKS', problem, accepted: `${accepted}, with FIREWALL_BLOCK_OUTGOING=true beside` }];
  }
  return mode === 'iptables' ? [] : nftProblems(values, named);
}

function nftProblems(
  { hooks, connections, priority, interfaces }: FirewallValues,
  named: readonly string[],
): Problem[] {
  const problems: Problem[] = hooks
    .filter((hook) => !NFT_HOOKS.includes(hook.toLowerCase()))
    .map((hook) => ({
      variable: 'FIREWALL_HOOKS',
      problem: `${shown(hook)} is no hook of nftables`,
      accepted: `${NFT_HOOKS.join(', ')} (chains such as DOCKER-USER need FIREWALL_MODE=iptables; forward guards containers, too)`,
    }));
  if (named.includes('ingress') && (interfaces.length === 0 || interfaces.some((name) => /[*+]$/.test(name)))) {
    const problem = 'has to name the interfaces in full for the hook ingress, which hangs at each of them';
    problems.push({ variable: 'FIREWALL_INTERFACES', problem, accepted: 'names such as eth0' });
  }
  const isEarly = named.includes('ingress') || (named.includes('prerouting') && priority <= CONNTRACK_PRIORITY);
  if (connections !== 'all' && isEarly) {
    const problem = `is ${connections}, and the hook comes before the kernel knows of connections`;
    problems.push({ variable: 'FIREWALL_CONNECTIONS', problem, accepted: 'all, or the hooks input and forward' });
  }
  return problems;
}

/** The settings of the one target. */
export function settingsFor(values: FirewallValues, given: GivenSettings = NOTHING_GIVEN): FirewallSettings {
  const named = values.hooks.map((hook) => (values.mode === 'nftables' ? hook.toLowerCase() : chainOf(hook)));
  return {
    ...values,
    hooks: [...new Set(named)],
    families: values.ipv6 ? [4, 6] : [4],
    isNeverBanned: neverBanned(values.allowlist, values.blockPrivateNetworks),
    allowed: allowedBy(values.allowlist, values.blockPrivateNetworks),
    stateDir: values.dryRun ? undefined : values.stateDir,
    given,
  };
}

/** `docker-user` is DOCKER-USER; chains that we do not know stay as they are written. */
function chainOf(hook: string): string {
  return IPTABLES_BUILT_IN.find((chain) => chain === hook.toUpperCase()) ?? hook;
}
