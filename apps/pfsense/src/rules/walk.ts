import { ruleName } from './pf-rule.ts';
import type { Peer, PfRule } from './pf-rule.ts';

/** What a packet from WAN meets, for one family and one interface. */
export interface Walk {
  /**
   * `ours`: our block rule stops it, whatever its port. `blocked`: another rule stops everything first. `passed`: a rule lets
   * it in before ours is reached. `narrowed`: ours is there, and stops a part of it or nothing. `none`: no rule of ours.
   */
  readonly end: 'ours' | 'blocked' | 'passed' | 'narrowed' | 'none';
  /** The rule that ends it; the name of one of ours that does not, with why. */
  readonly rule?: string;
  /** Rules before ours that let a part through: to one port, or from some addresses. */
  readonly exceptions: readonly string[];
}

/** Where the packet comes in. */
export interface Arrival {
  readonly alias: string;
  readonly family: 4 | 6;
  /** Names by which the interface goes: its own, and those of its groups. */
  readonly interfaces: readonly string[];
}

/** Protocols of which a rule for all ports lets the world in. */
const OPEN = new Set(['tcp', 'udp']);
/** Private, link-local, multicast and loopback: no banned address of the internet. */
const LOCAL =
  /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|22[4-9]\.|0\.0\.0\.0$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:|::1?$|::1?\/128$)/;

/** Walks the rules in their order as a packet of a banned address would that comes in there, to any destination and port. */
export function walk(rules: readonly PfRule[], arrival: Arrival): Walk {
  const exceptions: string[] = [];
  let narrowed: string | undefined;
  /** Of rules without `quick` the last one counts. */
  let last: PfRule | undefined;
  for (const rule of rules) {
    if (rule.action === 'match') {
      if (isFrom(rule.source, arrival.alias)) narrowed ??= `${ruleName(rule)} is a match rule: it blocks nothing`;
      continue;
    }
    if (uses(rule, arrival.alias)) {
      const flaw = flawOf(rule, arrival);
      if (flaw === undefined && rule.quick) return { end: 'ours', rule: ruleName(rule), exceptions };
      if (flaw === undefined) last = rule;
      else if (flaw !== 'other family') narrowed ??= `${ruleName(rule)} ${flaw}`;
      if (!(rule.action === 'pass' && touches(rule, arrival))) continue;
    }
    if (!touches(rule, arrival)) continue;
    if (isWhole(rule)) {
      if (!rule.quick) last = rule;
      else if (rule.action === 'block') return { end: 'blocked', rule: ruleName(rule), exceptions };
      else return { end: 'passed', rule: ruleName(rule), exceptions };
    } else if (rule.action === 'pass' && rule.quick && isTold(rule)) exceptions.push(ruleName(rule));
  }
  if (last && uses(last, arrival.alias)) return { end: 'ours', rule: ruleName(last), exceptions };
  if (narrowed !== undefined) return { end: 'narrowed', rule: narrowed, exceptions };
  if (last?.action === 'pass') return { end: 'passed', rule: ruleName(last), exceptions };
  return { end: 'none', exceptions };
}

/** True when the rule has to do with our table, on either side. */
export function uses({ source, destination }: PfRule, alias: string): boolean {
  return isFrom(source, alias) || isFrom(destination, alias);
}

/** True when the rule stops every packet of a banned address that comes in there, or goes out to one. */
export function stops(rule: PfRule, arrival: Arrival, way: 'in' | 'out'): boolean {
  const { source, destination, direction } = rule;
  const isOtherWay = direction !== undefined && direction !== way;
  const seenFromThere = { ...rule, source: destination, destination: source, direction: undefined };
  return rule.quick && !isOtherWay && flawOf(way === 'in' ? rule : seenFromThere, arrival) === undefined;
}

/** Why a rule with our table does not stop every packet of a banned address that comes in there. */
function flawOf(rule: PfRule, { alias, family, interfaces }: Arrival): string | undefined {
  const { source, destination } = rule;
  if (rule.action === 'pass') return 'lets banned addresses in: it is a pass rule';
  if (!isFrom(source, alias)) return 'has the list as its destination: source and destination are swapped';
  if (rule.direction === 'out') return 'looks at what goes out, not at what comes in';
  if (source.negated) return 'has the list negated: it blocks everybody else';
  if (!meets(rule, interfaces))
    return `is for ${rule.notInterfaces ? 'all interfaces but ' : ''}${rule.interfaces.join(', ')}, not for ${interfaces[0] ?? 'WAN'}`;
  if (rule.family !== undefined && rule.family !== family) return 'other family';
  if (rule.protocols.length > 0) return `is for ${rule.protocols.join(', ')} only`;
  if (source.port !== '' || destination.port !== '') return `is for port ${destination.port || source.port} only`;
  if (!isAny(destination)) return `is for ${destination.negated ? 'all but ' : ''}${destination.hosts.join(', ')} only`;
  if (rule.conditions.length > 0) return `has a condition: ${rule.conditions.join(', ')}`;
  return undefined;
}

/** True when some packet of a banned address that comes in there matches. */
function touches(rule: PfRule, { family, interfaces, alias }: Arrival): boolean {
  if (rule.direction === 'out' || !meets(rule, interfaces)) return false;
  if (rule.family !== undefined && rule.family !== family) return false;
  if (rule.source.negated) return !isFrom(rule.source, alias);
  return rule.source.hosts.some((host) => !LOCAL.test(host) && !/^\(|__NETWORK>$/.test(host));
}

/** True when every packet matches that means something: no port, no host, no condition. */
function isWhole(rule: PfRule): boolean {
  if (!isOpen(rule.source) || !isOpen(rule.destination) || rule.conditions.length > 0) return false;
  if (rule.protocols.length === 0) return true;
  return rule.action === 'pass' && rule.protocols.some((one) => OPEN.has(one));
}

/** pfSense's own rules (DHCP, ICMPv6, CARP, IPsec) are not worth a word; those of people are. */
function isTold({ labels, protocols }: PfRule): boolean {
  if (labels.some((label) => /^USER_RULE|tags=user_rule/.test(label))) return true;
  return protocols.length === 0 || protocols.includes('tcp');
}

function meets({ interfaces, notInterfaces }: PfRule, names: readonly string[]): boolean {
  return interfaces.length === 0 || interfaces.some((one) => names.includes(one)) !== notInterfaces;
}

/** True when the list is that side of a rule. */
export function isFrom({ hosts }: Peer, alias: string): boolean {
  return hosts.some((host) => new RegExp(`^<${alias}(:[\\d*]+)?>$`).test(host));
}

function isAny({ hosts, negated, port }: Peer): boolean {
  return !negated && port === '' && hosts.some((host) => host === 'any' || host === '0.0.0.0/0' || host === '::/0');
}

/** A negated table or host leaves out some and lets in the rest. */
function isOpen(peer: Peer): boolean {
  return isAny(peer) || (peer.negated && peer.port === '' && !peer.hosts.includes('any'));
}
