import type { Request } from '../protocol/request.ts';
import { traps } from '../protocol/trap.ts';
import { printId, readId, workOnEach } from './row-store.ts';
import type { BatchRules } from './row-store.ts';
import { checkParameters, idsOf, parseBoolean } from './table.ts';
import type { Table } from './table.ts';

/** One rule: `number` and counters, and the settings as given. */
export interface FirewallRule {
  readonly number: number;
  readonly settings: Map<string, string>;
  dynamic: boolean;
  /** Names an interface that is gone. */
  invalid: boolean;
  /** Made by the router itself, such as the dummy rule that shows fasttracked packets: it cannot be touched. */
  builtin: boolean;
  packets: number;
  bytes: number;
}

export interface FirewallRulesOptions extends BatchRules {
  readonly table: 'raw' | 'filter';
  readonly interfaceLists: readonly string[];
  readonly interfaces: readonly string[];
  /** True while connections are fasttracked: then the router shows a row of its own making first. */
  readonly hasFasttrack: () => boolean;
}

/** The row that counts fasttracked packets; nothing can be put before it, and it cannot be touched. */
function fasttrackRow(chain: string): FirewallRule {
  const settings = { chain, action: 'passthrough', comment: 'special dummy rule to show fasttrack counters' };
  return {
    number: 0xff_ff_ff,
    settings: new Map(Object.entries({ ...settings, disabled: 'false' })),
    dynamic: true,
    invalid: false,
    builtin: true,
    packets: 0,
    bytes: 0,
  };
}

const SETTINGS = (
  'chain action jump-target reject-with address-list address-list-timeout src-address src-address-list dst-address ' +
  'dst-address-list in-interface in-interface-list out-interface out-interface-list protocol src-port dst-port ' +
  'in-bridge-port in-bridge-port-list out-bridge-port out-bridge-port-list port src-mac-address dst-address-type ' +
  'src-address-type ipsec-policy packet-mark connection-mark routing-mark connection-state connection-nat-state ' +
  'connection-type connection-bytes connection-rate connection-limit limit dst-limit random nth time psd content ' +
  'layer7-protocol tls-host packet-size ttl hop-limit dscp priority ingress-priority fragment ipv4-options headers ' +
  'hotspot helper realm per-connection-classifier tcp-mss tcp-flags icmp-options hw-offload log log-prefix ' +
  'disabled comment'
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
  readonly #fasttrack: FirewallRule;
  #rules: FirewallRule[] = [];
  #last = 0;

  constructor(options: FirewallRulesOptions) {
    this.#options = options;
    this.#fasttrack = fasttrackRow(options.table === 'raw' ? 'prerouting' : 'forward');
  }

  get size(): number {
    return this.rows().length;
  }

  rows(): readonly FirewallRule[] {
    return this.#options.hasFasttrack() ? [this.#fasttrack, ...this.#rules] : [...this.#rules];
  }

  /** True when a rule that is in force hands connections over to fasttrack. */
  get fasttracks(): boolean {
    return this.#rules.some(
      ({ settings }) => settings.get('action') === 'fasttrack-connection' && settings.get('disabled') !== 'true',
    );
  }

  find(id: string): FirewallRule | undefined {
    const number = readId(id);
    return this.rows().find((rule) => rule.number === number);
  }

  value(rule: FirewallRule, property: string): string | undefined {
    switch (property) {
      case '.id':
        return printId(rule.number);
      case 'packets':
      case 'bytes':
      case 'dynamic':
      case 'invalid':
        return String(rule[property]);
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
      invalid: false,
      builtin: false,
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
      if (rule.builtin) throw traps.builtin();
      for (const [name, value] of settings) {
        if (value === '' && name !== 'log-prefix') rule.settings.delete(name);
        else rule.settings.set(name, value);
      }
    });
  }

  /** `remove`. Answers how many rules were touched. Throws the router's traps. */
  remove(request: Request): number {
    checkParameters(request, new Set(['.id', 'numbers']));
    return this.#each(idsOf(request), (rule) => {
      if (rule.builtin) throw traps.builtin();
      this.#rules = this.#rules.filter((other) => other !== rule);
    });
  }

  /** `move`: to before `destination`, or to the end without one. Throws the router's traps. */
  move(request: Request): number {
    checkParameters(request, new Set(['.id', 'numbers', 'destination']));
    const ids = idsOf(request);
    const moved = ids.map((id) => this.find(id) ?? raise());
    if (moved.some(({ builtin }) => builtin)) throw traps.builtin();
    const destination = request.attributes.get('destination');
    const from = destination === undefined ? this.#rules.length : this.#positionOf(destination);
    // Before itself is where it stands: then the next one that stays is what it goes before.
    const before = this.#rules.slice(from).find((rule) => !moved.includes(rule));
    this.#rules = this.#rules.filter((rule) => !moved.includes(rule));
    this.#rules.splice(before ? this.#rules.indexOf(before) : this.#rules.length, 0, ...moved);
    return moved.length;
  }

  #each(ids: readonly string[], work: (rule: FirewallRule) => void): number {
    return workOnEach(ids, (id) => this.find(id), this.#options, work);
  }

  #positionOf(id: string): number {
    const rule = this.find(id);
    if (rule?.builtin) throw traps.builtin();
    if (rule) return this.#rules.indexOf(rule);
    // The manual's own recommendation is a position: place-before=0.
    const numbered = /^\d+$/.test(id) ? this.rows()[Number(id)] : undefined;
    if (!numbered) throw traps.noSuchItem();
    if (numbered.builtin) throw traps.builtin();
    return this.#rules.indexOf(numbered);
  }

  #checked(attributes: ReadonlyMap<string, string>): Map<string, string> {
    const settings = new Map([...attributes].filter(([name]) => SETTINGS.includes(name)));
    const action = settings.get('action');
    if (action !== undefined && !ACTIONS[this.#options.table].split(' ').includes(action))
      throw traps.noMatch('action');
    for (const name of ['in-interface-list', 'out-interface-list']) {
      const list = settings.get(name)?.replace(/^!/, '');
      if (list && !this.#options.interfaceLists.includes(list)) throw traps.noMatch(name);
    }
    for (const name of ['in-interface', 'out-interface']) {
      const value = settings.get(name)?.replace(/^!/, '');
      if (value && !this.#options.interfaces.includes(value)) throw traps.noMatch(name);
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
