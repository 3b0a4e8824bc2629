import { intersect, subtract } from './box.ts';
import type { Box } from './box.ts';
import {
  INTERFACE,
  OTHER_PROTOCOL,
  PROTOCOL,
  STATE,
  STATES,
  conditionOf,
  protocolName,
  wanInterfaces,
} from './condition.ts';
import type { Path, Scene } from './condition.ts';
import { BLOCKING } from './rule.ts';
import type { Rule, RuleTable } from './rule.ts';

/** The rules of one family, each table in its order. */
export type Tables = Readonly<Record<RuleTable, readonly Rule[]>>;

/** Packets that get through, and why. */
export interface Leak {
  readonly path: Path;
  readonly packets: Box;
  /** The rules that let them through, raw before filter; none when they just come to the end. */
  readonly by: readonly Rule[];
}

/** What became of the packets of a scene. */
export interface Walk {
  readonly leaks: readonly Leak[];
  /** Rules that ended some because their source is in the list. */
  readonly ending: ReadonlySet<Rule>;
  /** Rules at which some arrived that they match. */
  readonly matched: ReadonlySet<Rule>;
  /** Rules that were looked at: their chain is one that packets come to. */
  readonly visited: ReadonlySet<Rule>;
  /** Rules whose action nobody knows; they were taken to do nothing. */
  readonly strange: ReadonlySet<Rule>;
  /** Every protocol that a rule names, the usual ones, and `other` for the rest. */
  readonly protocols: readonly string[];
  /** True when there were so many cases that it was given up: then nothing is said. */
  readonly givenUp: boolean;
}

const MAX_DEPTH = 32;
/** Values looked at, over all rules: under a second, and more than 400 rules with a port each. */
const MAX_WORK = 200_000;
const TRACKED: Box = new Map([[STATE, new Set(STATES.filter((state) => state !== 'untracked'))]]);
const UNTRACKED: Box = new Map([[STATE, new Set(['untracked'])]]);
const NOT_NEW: Box = new Map([[STATE, new Set(STATES.filter((state) => state !== 'new' && state !== 'untracked'))]]);
const PASSING: ReadonlySet<string> = new Set(
  'log passthrough add-src-to-address-list add-dst-to-address-list'.split(' '),
);

/**
 * Follows every packet from WAN whose source is in the list through the rules as the router does: raw prerouting, then filter
 * input or forward. Packet flow and actions: RouterOS documentation, "Packet Flow in RouterOS" and "Common Firewall Matchers and Actions".
 */
export function walk(tables: Tables, scene: Scene): Walk {
  return new Walker(tables, scene).run();
}

class Walker {
  readonly #tables: Tables;
  readonly #scene: Scene;
  readonly #protocols: readonly string[];
  readonly #leaks: Leak[] = [];
  readonly #ending = new Set<Rule>();
  readonly #matched = new Set<Rule>();
  readonly #visited = new Set<Rule>();
  readonly #strange = new Set<Rule>();
  /** What raw accepted: it goes on to the filter. */
  readonly #accepted = new Map<Rule, Box[]>();
  #path: Path | undefined;
  /** The raw rule that accepted what is followed now. */
  #earlier: readonly Rule[] = [];
  #givenUp = false;
  #work = 0;

  constructor(tables: Tables, scene: Scene) {
    this.#tables = tables;
    this.#scene = scene;
    const named = [...tables.raw, ...tables.filter].flatMap(({ matchers }) => matchers.get('protocol') ?? []);
    const names = named.map((text) => protocolName(text.replace(/^!/, '')));
    this.#protocols = [...new Set(['tcp', 'udp', 'icmp', 'icmpv6', ...names, OTHER_PROTOCOL])];
  }

  run(): Walk {
    const passed = this.#chain('raw', 'prerouting', [new Map()], false, 0);
    this.#filter([], passed);
    for (const [rule, boxes] of this.#accepted) this.#filter([rule], boxes);
    return {
      leaks: this.#leaks,
      ending: this.#ending,
      matched: this.#matched,
      visited: this.#visited,
      strange: this.#strange,
      protocols: this.#protocols,
      givenUp: this.#givenUp,
    };
  }

  /** Raw is over, and so for both paths the filter follows. */
  #filter(earlier: readonly Rule[], boxes: readonly Box[]): void {
    const on = boxes.flatMap((box) => (box.has(STATE) ? [box] : only([box], TRACKED)));
    this.#earlier = earlier;
    for (const path of ['input', 'forward'] as const) {
      this.#path = path;
      this.#leak(this.#chain('filter', path, on, false, 0));
    }
  }

  /** What comes out at the end of a chain. `listed`: it came here because its source is in the list. */
  #chain(table: RuleTable, chain: string, boxes: readonly Box[], listed: boolean, depth: number): Box[] {
    let walking = [...boxes];
    const returned: Box[] = [];
    for (const rule of this.#tables[table]) {
      if (rule.chain !== chain || rule.disabled || rule.invalid) continue;
      if (walking.length === 0) break;
      for (const box of walking) this.#work += 1 + box.size;
      if (this.#work > MAX_WORK || depth > MAX_DEPTH) {
        this.#givenUp = true;
        break;
      }
      this.#visited.add(rule);
      const condition = conditionOf(rule, this.#path, this.#scene, this.#protocols);
      if (!condition) continue;
      const inside = only(walking, condition);
      if (inside.length === 0) continue;
      this.#matched.add(rule);
      const rest = walking.flatMap((box) => subtract(box, condition, (name) => this.#values(name)));
      const on = this.#act(rule, inside, listed || rule.matchers.get('src-address-list') === this.#scene.list, depth);
      if (on === 'all') continue;
      if (on === 'return') returned.push(...inside);
      walking = on === 'return' ? rest : [...rest, ...on];
    }
    return [...walking, ...returned];
  }

  /** What of the matched packets goes on to the next rule. */
  #act(rule: Rule, inside: readonly Box[], listed: boolean, depth: number): 'all' | 'return' | readonly Box[] {
    const { action, table, jumpTarget = '' } = rule;
    if (BLOCKING.has(action)) {
      if (listed) this.#ending.add(rule);
      return [];
    }
    if (action === 'return') return 'return';
    if (action === 'jump') {
      const before = this.#ending.size;
      const on = this.#chain(table, jumpTarget, inside, listed, depth + 1);
      if (this.#ending.size > before) this.#ending.add(rule);
      return on;
    }
    if (action === 'accept' && table === 'raw') this.#accept(rule, inside);
    else if (action === 'accept') this.#leak(inside, rule);
    else if (action === 'notrack') this.#accept(rule, only(inside, UNTRACKED));
    else if (action === 'fasttrack-connection') return this.#fasttrack(rule, inside);
    else {
      if (!PASSING.has(action)) this.#strange.add(rule);
      return 'all';
    }
    return [];
  }

  /** From its second packet on a fasttracked connection goes past the filter; the first is judged by the rules that follow. */
  #fasttrack(rule: Rule, inside: readonly Box[]): Box[] {
    this.#leak(only(inside, NOT_NEW), rule);
    return inside.flatMap((box) => subtract(box, NOT_NEW, (name) => this.#values(name)));
  }

  #accept(rule: Rule, inside: readonly Box[]): void {
    this.#accepted.set(rule, [...(this.#accepted.get(rule) ?? []), ...inside]);
  }

  #leak(inside: readonly Box[], rule?: Rule): void {
    const path = this.#path ?? 'input';
    const by = rule ? [...this.#earlier, rule] : this.#earlier;
    for (const packets of inside) this.#leaks.push({ path, packets, by });
  }

  #values(dimension: string): readonly string[] {
    if (dimension === INTERFACE) return wanInterfaces(this.#scene.wan);
    if (dimension === PROTOCOL) return this.#protocols;
    return dimension === STATE ? STATES : ['yes', 'no'];
  }
}

function only(boxes: readonly Box[], other: Box): Box[] {
  return boxes.flatMap((box) => intersect(box, other) ?? []);
}
