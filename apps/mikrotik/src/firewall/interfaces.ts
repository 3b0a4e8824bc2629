/** One row of `/interface`. */
export interface Interface {
  readonly name: string;
  readonly type: string;
  readonly disabled: boolean;
  readonly dynamic: boolean;
  /** A port of a bridge or a bonding: packets come in by that, never by the port. */
  readonly slave: boolean;
}

/** One row of `/interface/list`, with its enabled members. */
export interface InterfaceList {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly members: readonly string[];
}

/** What the router says about its interfaces; undefined is what it does not show. */
export interface InterfaceFacts {
  readonly interfaces: readonly Interface[] | undefined;
  readonly lists: ReadonlyMap<string, InterfaceList> | undefined;
}

/** By which interfaces the world comes in. */
export interface Wan {
  /** Name of the interface list. */
  readonly list: string;
  /** Its members that packets can come in by. */
  readonly certain: readonly string[];
  /** Others that packets from outside may come in by: uplinks that are no member, or all when the list has no member. */
  readonly perhaps: readonly string[];
  /** Members that no packet comes in by: ports of a bridge. */
  readonly ports: readonly string[];
}

/** Types of interfaces whose other end is a provider. */
const UPLINKS: ReadonlySet<string> = new Set(['pppoe-out', 'ppp-out', 'lte']);
const DEPTH = 8;

/** The interface that stands for all when the router does not show them. */
export const SOME_INTERFACE = 'any interface';

/** Finds the interfaces of the WAN list. */
export function findWan(facts: InterfaceFacts, list: string): Wan {
  const members = [...(membersOf(facts, list) ?? [])];
  const byName = new Map(facts.interfaces?.map((one) => [one.name, one]));
  const isOn = (name: string): boolean => !facts.interfaces || byName.get(name)?.disabled === false;
  const ports = members.filter((name) => byName.get(name)?.slave);
  const certain = members.filter((name) => isOn(name) && !ports.includes(name));
  return { list, certain, perhaps: candidates(facts, certain), ports };
}

function candidates(facts: InterfaceFacts, certain: readonly string[]): string[] {
  const usable = (facts.interfaces ?? []).filter(
    ({ disabled, slave, type }) => !disabled && !slave && type !== 'loopback',
  );
  const uplinks = usable.filter(({ name, type }) => UPLINKS.has(type) && !certain.includes(name));
  if (certain.length > 0) return uplinks.map(({ name }) => name);
  const lan = membersOf(facts, 'LAN') ?? new Set();
  const others = usable.filter(({ name }) => !lan.has(name)).map(({ name }) => name);
  return others.length > 0 ? others : [SOME_INTERFACE];
}

/** The interfaces of a list; undefined when there is no telling. */
export function membersOf(facts: InterfaceFacts, list: string, depth = 0): ReadonlySet<string> | undefined {
  const { interfaces, lists } = facts;
  if (list === 'none') return new Set();
  if (list === 'all' || list === 'static' || list === 'dynamic') {
    const chosen = interfaces?.filter(({ dynamic }) => list === 'all' || dynamic === (list === 'dynamic'));
    return chosen && new Set(chosen.map(({ name }) => name));
  }
  if (!lists || depth > DEPTH) return undefined;
  const found = lists.get(list);
  if (!found) return new Set();
  const result = new Set<string>();
  for (const included of found.include) {
    const more = membersOf(facts, included, depth + 1);
    if (!more) return undefined;
    for (const name of more) result.add(name);
  }
  for (const excluded of found.exclude) {
    const less = membersOf(facts, excluded, depth + 1);
    if (!less) return undefined;
    for (const name of less) result.delete(name);
  }
  for (const name of found.members) result.add(name);
  return result;
}
