import type { Request } from '../protocol/request.ts';
import { traps } from '../protocol/trap.ts';
import { printId, readId, workOnEach, type BatchRules } from './row-store.ts';
import { checkParameters, idsOf, parseBoolean, type Table } from './table.ts';

/** One rule: `number` and counters, and the settings as given. */
export interface FirewallRule {
  readonly number: number;
  readonly settings: Map<string, string>;
  dynamic: boolean;
  packets: number;
  bytes: number;
}

export interface FirewallRulesOptions extends BatchRules {
  readonly table: 'raw' | 'filter';
  readonly interfaceLists: readonly string[];
}

const SETTINGS = (
  'chain action jump-target reject-with address-list address-list-timeout src-address src-address-list dst-address ' +
  'dst-address-list in-interface in-interface-list out-interface out-interface-list protocol src-port dst-port ' +
  'connection-state connection-nat-state limit tcp-flags icmp-options log log-prefix disabled comment'
).split(' ');
const PROPERTIES = ['.id', ...SETTINGS.slice(0, -2), 'bytes', 'packets', 'invalid', 'dynamic', 'disabled', 'comment'];
const SET_PARAMETERS = new Set([...SETTINGS, '.id', 'numbers']);
const ACTIONS = {
  raw: 'accept add-dst-to-address-list add-src-to-address-list drop jump log notrack passthrough return',
  filter:
    'accept add-dst-to-address-list add-src-to-address-list drop fasttrack-connection jump log passthrough reject return tarpit',
} as const;

/** `/ip/firewall/raw`, `/ip/firewall/filter` or an IPv6 twin: ordered rules with counters. */
export class FirewallRules implements Table<FirewallRule> {
  readonly properties: readonly string[] = PROPERTIES;
  readonly #options: FirewallRulesOptions;
  #rules: FirewallRule[] = [];
  #last = 0;

  constructor(options: FirewallRulesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#rules.length;
  }

  rows(): readonly FirewallRule[] {
    return [...this.#rules];
  }

  find(id: string): FirewallRule | undefined {
    const number = readId(id);
    return this.#rules.find((rule) => rule.number === number);
  }

  value(rule: FirewallRule, property: string): string | undefined {
    switch (property) {
      case '.id':
        return printId(rule.number);
      case 'packets':
      case 'bytes':
      case 'dynamic':
        return String(rule[property]);
      case 'invalid':
        return 'false';
      default:
        return rule.settings.get(property);
    }
  }

  /** `add`, at the end or at `place-before`. Answers the new rule's id. Throws the router's traps. */
  add(request: Request): string {
    checkParameters(request, new Set([...SETTINGS, 'place-before']));
    const { attributes } = request;
    if (!attributes.get('chain')) throw traps.missing('chain');
    const settings = this.#checked(attributes);
    const before = attributes.get('place-before');
    const position = before === undefined ? this.#rules.length : this.#positionOf(before);
    this.#last += 1;
    const defaults = { action: 'accept', log: 'false', 'log-prefix': '', disabled: 'false' };
    const rule: FirewallRule = {
      number: this.#last,
      settings: new Map([...Object.entries(defaults), ...settings]),
      dynamic: false,
      packets: 0,
      bytes: 0,
    };
    this.#rules.splice(position, 0, rule);
    return printId(rule.number);
  }

  /** `set`. Answers how many rules were touched. Throws the router's traps. */
  set(request: Request): number {
    checkParameters(request, SET_PARAMETERS);
    const settings = this.#checked(request.attributes);
    return this.#each(idsOf(request), (rule) => {
      for (const [name, value] of settings) {
        if (name === 'comment' && value === '') rule.settings.delete(name);
        else rule.settings.set(name, value);
      }
    });
  }

  /** `remove`. Answers how many rules were touched. Throws the router's traps. */
  remove(request: Request): number {
    checkParameters(request, new Set(['.id', 'numbers']));
    return this.#each(idsOf(request), (rule) => {
      this.#rules = this.#rules.filter((other) => other !== rule);
    });
  }

  /** `move`: to before `destination`, or to the end without one. Throws the router's traps. */
  move(request: Request): number {
    checkParameters(request, new Set(['.id', 'numbers', 'destination']));
    const ids = idsOf(request);
    const moved = ids.map((id) => this.find(id) ?? raise());
    const destination = request.attributes.get('destination');
    const before = destination === undefined ? undefined : this.#rules[this.#positionOf(destination)];
    this.#rules = this.#rules.filter((rule) => !moved.includes(rule));
    const position = before ? this.#rules.indexOf(before) : -1;
    this.#rules.splice(position < 0 ? this.#rules.length : position, 0, ...moved);
    return moved.length;
  }

  #each(ids: readonly string[], work: (rule: FirewallRule) => void): number {
    return workOnEach(ids, (id) => this.find(id), this.#options, work);
  }

  #positionOf(id: string): number {
    const rule = this.find(id);
    if (rule) return this.#rules.indexOf(rule);
    // The manual's own recommendation is a position: place-before=0.
    const position = /^\d+$/.test(id) ? Number(id) : this.#rules.length;
    if (position >= this.#rules.length) throw traps.noSuchItem();
    return position;
  }

  #checked(attributes: ReadonlyMap<string, string>): Map<string, string> {
    const settings = new Map([...attributes].filter(([name]) => SETTINGS.includes(name)));
    const action = settings.get('action');
    if (action !== undefined && !ACTIONS[this.#options.table].split(' ').includes(action))
      throw traps.noMatch('action');
    for (const name of ['in-interface-list', 'out-interface-list']) {
      const list = settings.get(name)?.replace(/^!/, '');
      if (list !== undefined && !this.#options.interfaceLists.includes(list)) throw traps.noMatch(name);
    }
    for (const name of ['disabled', 'log']) {
      const value = settings.get(name);
      if (value !== undefined) settings.set(name, String(parseBoolean(name, value)));
    }
    return settings;
  }
}

function raise(): never {
  throw traps.noSuchItem();
}
