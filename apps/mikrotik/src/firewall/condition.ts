import { createProtectedSpace, parseNetwork } from '@bouncer/stream';
import type { Box } from './box.ts';
import { SOME_INTERFACE, membersOf } from './interfaces.ts';
import type { InterfaceFacts, Wan } from './interfaces.ts';
import type { Rule } from './rule.ts';

/** Where a packet goes: to the router itself, or through it. */
export type Path = 'input' | 'forward';

/** What the packets are that are followed: their source is in the list, they come in from WAN. */
export interface Scene {
  readonly list: string;
  readonly wan: Wan;
  readonly interfaces: InterfaceFacts;
  /** BLOCK_PRIVATE_NETWORKS: else nothing that comes from such an address is followed. */
  readonly blockPrivateNetworks: boolean;
}

export const INTERFACE = 'in-interface';
export const PROTOCOL = 'protocol';
export const STATE = 'connection-state';
export const STATES = ['new', 'established', 'related', 'invalid', 'untracked'] as const;
/** How a dimension begins of which nobody knows which packets it is true for. */
export const UNKNOWN = '?';
/** Every protocol that no rule names. */
export const OTHER_PROTOCOL = 'other';

const NUMBERS: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6' };
/** Names of matchers that are true for some packets, as the packet or its path decides. */
const KNOWN: ReadonlySet<string> = new Set(
  (
    'src-address src-address-list src-address-type src-mac-address src-port dst-address dst-address-list dst-address-type ' +
    'dst-port port any-port out-interface out-interface-list in-bridge-port in-bridge-port-list out-bridge-port ' +
    'out-bridge-port-list connection-nat-state connection-type connection-mark packet-mark routing-mark ipsec-policy ' +
    'tcp-flags tcp-mss icmp-options packet-size ttl hop-limit dscp priority ingress-priority fragment ipv4-options headers ' +
    'content layer7-protocol tls-host helper realm hotspot'
  ).split(' '),
);
/** Matchers that are true at some times only, for one packet as for the next. */
const FICKLE: ReadonlySet<string> = new Set(
  'limit dst-limit random nth time psd connection-limit connection-rate connection-bytes per-connection-classifier'.split(
    ' ',
  ),
);
/** Names of source: a rule that accepts only such packets accepts what somebody has named. */
export const SOURCE = /^src-(address|address-list|mac-address)=/;
/** What is never blocked, by BLOCK_PRIVATE_NETWORKS. */
const PROTECTED = [false, true].map((blockPrivateNetworks) =>
  createProtectedSpace({ allowlist: [], addresses: [], blockPrivateNetworks }),
);

/** The packets of the scene that a rule matches; undefined for none. */
export function conditionOf(
  rule: Rule,
  path: Path | undefined,
  scene: Scene,
  protocols: readonly string[],
): Box | undefined {
  const box = new Map<string, ReadonlySet<string>>();
  for (const [name, value] of rule.matchers) {
    const negated = value.startsWith('!');
    const text = value.replace(/^!/, '');
    const matched = match(name, text, rule, path, scene, protocols);
    if (matched === 'all' || matched === 'none') {
      if ((matched === 'all') === negated) return undefined;
      continue;
    }
    const { dimension, of, values } = matched;
    const chosen = of.filter((one) => values.includes(one) !== negated);
    if (chosen.length === 0) return undefined;
    const before = box.get(dimension);
    const both = before ? chosen.filter((one) => before.has(one)) : chosen;
    if (both.length === 0) return undefined;
    box.set(dimension, new Set(both));
  }
  return box;
}

type Match =
  'all' | 'none' | { readonly dimension: string; readonly of: readonly string[]; readonly values: readonly string[] };

function match(
  name: string,
  text: string,
  rule: Rule,
  path: Path | undefined,
  scene: Scene,
  protocols: readonly string[],
): Match {
  switch (name) {
    case 'src-address-list':
      return text === scene.list ? 'all' : sometimes(name, text);
    case 'src-address':
      return matchSource(text, scene.blockPrivateNetworks);
    case 'dst-address':
      return isEverything(text) ? 'all' : sometimes(`${rule.table} ${name}`, text);
    case 'dst-address-type':
      if (path && text === 'local') return path === 'input' ? 'all' : 'none';
      return sometimes(`${rule.table} ${name}`, text);
    case 'protocol': {
      const values = [protocolName(text)];
      return { dimension: PROTOCOL, of: protocols, values };
    }
    case 'connection-state':
      return { dimension: STATE, of: STATES, values: text.split(',') };
    case 'in-interface':
      return matchInterface(name, text, new Set([text]), scene);
    case 'in-interface-list':
      return text === 'all' ? 'all' : matchInterface(name, text, membersOf(scene.interfaces, text), scene);
    case 'out-interface':
    case 'out-interface-list':
      if (text === 'all') return 'all';
      return path === 'input' || text === 'none' ? 'none' : sometimes(name, text);
    case 'src-port':
    case 'dst-port':
      return text === '0-65535' ? 'all' : sometimes(`${rule.table} ${name}`, text);
    default:
      if (FICKLE.has(name)) return sometimes(`${rule.table} ${name}#${rule.id}`, text);
      return sometimes(KNOWN.has(name) ? `${rule.table} ${name}` : `${UNKNOWN}${name}`, text);
  }
}

/** A dimension of its own: true for some packets and not for the others. */
function sometimes(name: string, text: string): Match {
  return { dimension: `${name}=${text}`, of: ['yes', 'no'], values: ['yes'] };
}

function matchInterface(name: string, text: string, members: ReadonlySet<string> | undefined, scene: Scene): Match {
  const all = wanInterfaces(scene.wan);
  if (!members || all.includes(SOME_INTERFACE)) return sometimes(`${UNKNOWN}${name}`, text);
  return { dimension: INTERFACE, of: all, values: all.filter((one) => members.has(one)) };
}

/** Every interface that a packet of the scene may come in by. */
export function wanInterfaces({ certain, perhaps }: Wan): readonly string[] {
  return [...certain, ...perhaps];
}

/** An address that is never blocked is the source of no packet that is followed. */
function matchSource(text: string, blockPrivateNetworks: boolean): Match {
  if (isEverything(text)) return 'all';
  const network = parseNetwork(text);
  if (network !== undefined && PROTECTED[Number(blockPrivateNetworks)]?.isClosed(network) === true) return 'none';
  return sometimes('src-address', text);
}

function isEverything(text: string): boolean {
  return text === '0.0.0.0/0' || text === '::/0';
}

/** `tcp` for `6` and for `tcp`. */
export function protocolName(text: string): string {
  return NUMBERS[text] ?? text;
}
