import type { CheckLevel } from '@bouncer/target';
import type { Box } from './box.ts';
import { INTERFACE, OTHER_PROTOCOL, PROTOCOL, SOURCE, STATE, STATES, UNKNOWN, wanInterfaces } from './condition.ts';
import type { Path, Scene } from './condition.ts';
import { SOME_INTERFACE } from './interfaces.ts';
import { BLOCKING, ruleName } from './rule.ts';
import type { Rule } from './rule.ts';
import { walk } from './walk.ts';
import type { Leak, Tables, Walk } from './walk.ts';

/** Whether the rules end what comes from WAN with a source in the list. */
export interface Verdict {
  readonly level: CheckLevel;
  readonly seen: string;
  /** Interfaces by which something gets past although the rules are right: they are no members of the WAN list. */
  readonly uplinks: readonly string[];
}

const SHOWN = 3;
const PATHS: Readonly<Record<Path, string>> = { input: 'to the router', forward: 'through the router' };
const ICMP: ReadonlySet<string> = new Set(['icmp', 'icmpv6']);

/** Walks the rules of one family and says in words what was found. */
export function judgeRules(tables: Tables, scene: Scene): Verdict {
  const walked = walk(tables, scene);
  const all = [...tables.raw, ...tables.filter];
  const idle = all
    .filter((rule) => names(rule, scene.list) && !walked.ending.has(rule))
    .map((rule) => excuse(rule, walked));
  const ending = [...walked.ending].map((rule) => `${ruleName(rule)}, ${String(rule.packets)} packets`).join('; ');
  const leaks = group(walked, scene);
  const serious = leaks.filter(({ level }) => level === 'fail');
  const uplinks = [...new Set(walked.leaks.flatMap(({ packets }) => perhapsOf(packets, scene)))];
  if (walked.givenUp) return { level: 'warn', seen: 'there are too many rules to judge', uplinks: [] };
  if (walked.ending.size === 0) {
    const why = idle.length === 0 ? `no rule uses the list ${scene.list}` : idle.slice(0, SHOWN).join('; ');
    const first = serious.find(({ named }) => named);
    const seen = `${why}: it is filled, but nothing is blocked${first && idle.length > 0 ? ` (${first.text})` : ''}`;
    return { level: 'fail', seen, uplinks: [] };
  }
  if (serious.length > 0) {
    const parts = [...serious.slice(0, SHOWN).map(({ text }) => text), ...idle.slice(0, SHOWN)];
    return {
      level: 'fail',
      seen: `banned addresses get through: ${parts.join('; ')} (in use: ${ending})`,
      uplinks: [],
    };
  }
  const strange = [...walked.strange].map((rule) => `the action of ${ruleName(rule)} is unknown`);
  const doubts = [...leaks.slice(0, SHOWN).map(({ text }) => text), ...strange.slice(0, SHOWN)];
  if (doubts.length > 0) return { level: 'warn', seen: `${ending}; but ${doubts.join('; ')}`, uplinks };
  const from = wanInterfaces(scene.wan).join(', ');
  return { level: 'ok', seen: `${ending}: ends all that comes in by ${from}`, uplinks: [] };
}

function names(rule: Rule, list: string): boolean {
  const source = rule.matchers.get('src-address-list');
  return source === list || source === `!${list}` || rule.matchers.get('dst-address-list') === list;
}

/** Why a rule that names the list ends nothing. */
function excuse(rule: Rule, { visited, matched }: Walk): string {
  const name = ruleName(rule);
  if (rule.disabled) return `${name} is disabled`;
  if (rule.invalid) return `${name} is invalid`;
  if (rule.matchers.get('src-address-list')?.startsWith('!')) return `${name} spares the list instead of blocking it`;
  if (!rule.matchers.has('src-address-list')) return `${name} looks at the destination, not at the source`;
  if (!BLOCKING.has(rule.action) && rule.action !== 'jump') return `${name} does not block`;
  if (matched.has(rule))
    return rule.action === 'jump' ? `${name} leads to no rule that blocks` : `${name} does not block`;
  if (visited.has(rule)) return `${name} matches nothing that comes in from WAN`;
  return `${name} is not reached by what comes in from WAN`;
}

interface Told {
  readonly level: 'warn' | 'fail';
  /** Some rule lets them through. */
  readonly named: boolean;
  readonly text: string;
}

/** One line for what the same rules let through, on both paths together when it is the same. */
function group({ leaks, protocols }: Walk, scene: Scene): Told[] {
  const found = new Map<string, { level: 'warn' | 'fail'; leak: Leak; what: Set<string> }>();
  for (const leak of leaks) {
    const level = severity(leak.packets, scene);
    const key = [level, leak.path, ...leak.by.map(({ table, id }) => `${table} ${id}`)].join(' ');
    const known = found.get(key) ?? { level, leak, what: new Set<string>() };
    known.what.add(describe(leak.packets, scene, protocols));
    found.set(key, known);
  }
  const lines = new Map<string, { level: 'warn' | 'fail'; leak: Leak; packets: string; paths: string[] }>();
  for (const { level, leak, what } of found.values()) {
    const packets = what.has('everything') ? 'everything' : [...what].slice(0, SHOWN).join(' or ');
    const key = [level, packets, ...leak.by.map(ruleName)].join(' ');
    const known = lines.get(key) ?? { level, leak, packets, paths: [] };
    known.paths.push(PATHS[leak.path]);
    lines.set(key, known);
  }
  return [...lines.values()].map(({ level, leak, packets, paths }) => {
    const where = paths.join(' and ');
    const rules = leak.by.map(ruleName).join(' and then ');
    const text = rules === '' ? `no rule ends ${packets} that goes ${where}` : `${rules} lets ${packets} pass ${where}`;
    return { level, named: rules !== '', text };
  });
}

/** `fail` when any stranger's new connection is among them; what is left is old connections, pings, or what cannot be judged. */
function severity(packets: Box, scene: Scene): 'warn' | 'fail' {
  const states = packets.get(STATE);
  if (states && !states.has('new') && !states.has('untracked')) return 'warn';
  const protocols = packets.get(PROTOCOL);
  if (protocols && [...protocols].every((protocol) => ICMP.has(protocol))) return 'warn';
  for (const [dimension, values] of packets) {
    if (dimension.startsWith(UNKNOWN)) return 'warn';
    if (SOURCE.test(dimension) && !values.has('no')) return 'warn';
  }
  const { certain, perhaps } = scene.wan;
  const interfaces = packets.get(INTERFACE);
  if (!interfaces) return 'fail';
  const judged = certain.length > 0 ? certain.some((name) => interfaces.has(name)) : interfaces.size === perhaps.length;
  return judged ? 'fail' : 'warn';
}

function perhapsOf(packets: Box, { wan }: Scene): readonly string[] {
  const interfaces = packets.get(INTERFACE);
  return wan.perhaps.filter((name) => interfaces?.has(name));
}

function describe(packets: Box, scene: Scene, protocols: readonly string[]): string {
  const parts: string[] = [];
  for (const [dimension, values] of packets) {
    if (dimension === INTERFACE) {
      if (values.size < wanInterfaces(scene.wan).length) parts.push(`${INTERFACE}=${[...values].join(',')}`);
    } else if (dimension === STATE) {
      if (values.size < STATES.length - 1) parts.push(`${STATE}=${[...values].join(',')}`);
    } else if (dimension === PROTOCOL) parts.push(`${PROTOCOL}=${protocolsIn(values, protocols)}`);
    else parts.push(choice(dimension, values));
  }
  return parts.length === 0 ? 'everything' : `what has ${parts.join(' ')}`;
}

/** `!tcp` for all but it. */
function protocolsIn(values: ReadonlySet<string>, all: readonly string[]): string {
  if (!values.has(OTHER_PROTOCOL)) return [...values].join(',');
  return all
    .filter((protocol) => !values.has(protocol))
    .map((protocol) => `!${protocol}`)
    .join(',');
}

/** `dst-port=22` or `dst-port=!22`; the table stands before names that differ from table to table. */
function choice(dimension: string, values: ReadonlySet<string>): string {
  const name = dimension
    .replace(/^(?:raw|filter) /, '')
    .replace(/#[^=]*/, '')
    .replace(UNKNOWN, '');
  return values.has('yes') ? name : name.replace('=', '=!');
}

/** Whether the router showed the interfaces at all. */
export function knowsInterfaces({ wan }: Scene): boolean {
  return !wan.perhaps.includes(SOME_INTERFACE);
}
