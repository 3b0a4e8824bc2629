import { systemClock, type Clock } from '@bouncer/stream';
import { DEFAULT_FACTS } from './options.ts';
import type { RouterFacts, RouterOsOptions, RouterUser } from './options.ts';
import type { Request } from '../protocol/request.ts';
import { Trap, traps } from '../protocol/trap.ts';
import { mulberry32 } from '../../decisions/random.ts';
import { AddressList } from './address-list.ts';
import { Counters } from './counters.ts';
import { FirewallRules } from './firewall-rules.ts';
import { networkOf, networkTables } from './network-menus.ts';
import type { NetworkFacts } from './network-menus.ts';
import { readOnlyMenu, writableMenu } from './menus.ts';
import type { Menu, MenuCommand } from './menus.ts';
import type { PartialBatch } from './row-store.ts';
import { Scripts } from './scripts.ts';
import { systemTables } from './system-menus.ts';
import type { Answer } from './table.ts';

const DEFAULT_USERS: readonly RouterUser[] = [
  { name: 'crowdsec', password: 'secret', policies: ['read', 'write', 'api'] },
];

/** The device behind the wire: menus, rows and rights. Knows nothing of sockets. */
export class Router {
  readonly clock: Clock;
  readonly version: string;
  users: readonly RouterUser[];
  readonly counters = new Counters();
  readonly addresses: Readonly<Record<4 | 6, AddressList>>;
  readonly rules: Readonly<Record<4 | 6, Readonly<Record<'raw' | 'filter', FirewallRules>>>>;
  readonly facts: { -readonly [Name in keyof RouterFacts]: RouterFacts[Name] };
  /** Interfaces and their lists; may be changed at any time. */
  network: NetworkFacts;
  /** Addresses that are served; undefined for all. */
  availableFrom: readonly string[] | undefined;
  /** `add` fails beyond this many address-list rows. */
  entriesLimit: number;
  /** What it says when it has no memory for another row: the real text is not known. */
  fullWords = 'failure: out of memory';
  /** Writes that it refuses for reasons of its own; throws the trap. */
  onWrite: ((name: string, attributes: ReadonlyMap<string, string>) => void) | undefined;
  /** Where open sessions come from, for `/ip/service`. */
  sessions: () => readonly string[] = () => [];
  /** The port it listens on, for `/ip/service`. */
  port = 0;
  readonly #options: RouterOsOptions;
  readonly #scripts: Scripts;
  readonly #menus: ReadonlyMap<string, Menu>;
  #bootedAt: number;

  constructor(options: RouterOsOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.version = options.version ?? '7.20.1';
    this.users = options.users ?? DEFAULT_USERS;
    this.facts = { ...DEFAULT_FACTS, ...options.facts };
    this.availableFrom = options.availableFrom;
    this.entriesLimit = options.entriesLimit ?? Infinity;
    this.#bootedAt = this.clock.now();
    const random = mulberry32(options.seed ?? 1);
    const partialBatch = options.partialBatch ?? 'random';
    this.addresses = { 4: this.#addressList(4, partialBatch, random), 6: this.#addressList(6, partialBatch, random) };
    this.network = networkOf(options);
    const interfaceLists = this.network.lists.map(({ name }) => name);
    const interfaces = this.network.interfaces.map(({ name }) => name);
    const rules = (family: 4 | 6, table: 'raw' | 'filter') => {
      const hasFasttrack = (): boolean => this.rules[family].filter.fasttracks;
      return new FirewallRules({ table, interfaceLists, interfaces, partialBatch, random, hasFasttrack });
    };
    this.rules = {
      4: { raw: rules(4, 'raw'), filter: rules(4, 'filter') },
      6: { raw: rules(6, 'raw'), filter: rules(6, 'filter') },
    };
    this.#scripts = new Scripts({ partialBatch, random });
    this.#menus = this.#makeMenus();
  }

  /** Executes one command of a logged-in user. Throws Trap. */
  execute(request: Request, user: RouterUser): Answer {
    const command = this.#resolve(request.command);
    const hidden = this.#options.showsUsers === false && /^\/user\//.test(request.command);
    if (hidden || !user.policies.includes(command.policy)) throw traps.noPermission();
    if (command.policy === 'write') this.onWrite?.(splitCommand(request.command)[1], request.attributes);
    return command.run(request);
  }

  /** How many rows this command looks at: all of the menu for print, getall and find, those that are named by their ids. */
  scannedRows(request: Request): number {
    const [path, name] = splitCommand(request.command);
    if (name !== 'print' && name !== 'getall' && name !== 'find') return 0;
    const ids = request.attributes.get('.id');
    return ids === undefined ? (this.#menus.get(path)?.rowCount() ?? 0) : ids.split(',').length;
  }

  /** True for a command that changes something, whether or not it succeeds. */
  isWrite(request: Request): boolean {
    const [path, name] = splitCommand(request.command);
    return this.#menus.get(path)?.commands.get(name)?.policy === 'write';
  }

  /** What stays is what was saved: dynamic rows go, uptime starts again, counters of rules are zero. */
  reboot(): void {
    this.#bootedAt = this.clock.now();
    const restart = this.#options.idsRestartAtReboot ?? true;
    for (const family of [4, 6] as const) {
      this.addresses[family].reboot(restart);
      for (const rule of [...this.rules[family].raw.rows(), ...this.rules[family].filter.rows()]) {
        rule.packets = 0;
        rule.bytes = 0;
      }
    }
  }

  #addressList(family: 4 | 6, partialBatch: PartialBatch, random: () => number): AddressList {
    const { resolve = resolveToTestNet } = this.#options;
    return new AddressList({
      family,
      clock: this.clock,
      version: this.version,
      partialBatch,
      random,
      resolve,
      demandRoom: () => {
        if (this.addresses[4].size + this.addresses[6].size >= this.entriesLimit) throw new Trap(this.fullWords, 4);
      },
    });
  }

  #makeMenus(): Map<string, Menu> {
    const { counters } = this;
    const menus = new Map<string, Menu>();
    for (const [family, root] of [
      [4, '/ip/firewall'],
      [6, '/ipv6/firewall'],
    ] as const) {
      menus.set(`${root}/address-list`, writableMenu(this.addresses[family], counters));
      menus.set(`${root}/raw`, writableMenu(this.rules[family].raw, counters));
      menus.set(`${root}/filter`, writableMenu(this.rules[family].filter, counters));
    }
    menus.set('/system/script', this.#scriptMenu());
    const { tls, maxSessions = 20 } = this.#options;
    const tables = systemTables(() => ({
      clock: this.clock,
      version: this.version,
      identity: 'MikroTik',
      facts: this.facts,
      bootedAt: this.#bootedAt,
      entries: this.addresses[4].size + this.addresses[6].size,
      users: this.users,
      port: this.port,
      tls: tls === undefined ? 'plain' : tls === 'anonymous' ? 'anonymous' : 'certificate',
      maxSessions,
      availableFrom: this.availableFrom,
      sessions: this.sessions,
    }));
    for (const [path, table] of [...tables, ...networkTables(() => this.network)]) {
      menus.set(path, readOnlyMenu(table, counters));
    }
    return menus;
  }

  /** Scripts run as their commands would, one by one; what fails in them is passed over, as `on-error={}` does. */
  #scriptMenu(): Menu {
    const menu = writableMenu(this.#scripts, this.counters);
    const run = (request: Request): Answer => {
      for (const { family, attributes } of this.#scripts.addsOf(request)) {
        try {
          this.addresses[family].add({ command: '', attributes, queries: [], strange: [] });
          this.counters.entriesTouched += 1;
        } catch (error) {
          if (!(error instanceof Trap)) throw error;
        }
      }
      return {};
    };
    return { ...menu, commands: new Map([...menu.commands, ['run', { policy: 'write', run }]]) };
  }

  #resolve(command: string): MenuCommand {
    if (!command.startsWith('/')) throw new Trap('no such command prefix', 0);
    const [path, name] = splitCommand(command);
    const found = this.#menus.get(path)?.commands.get(name);
    if (found) return found;
    const directories = path.split('/').slice(1);
    for (let depth = 1; depth <= directories.length; depth += 1) {
      const prefix = `/${directories.slice(0, depth).join('/')}`;
      if ([...this.#menus.keys()].some((menu) => menu === prefix || menu.startsWith(`${prefix}/`))) continue;
      throw new Trap(`no such command or directory (${directories[depth - 1] ?? ''})`, 0);
    }
    throw new Trap('no such command', 0);
  }
}

function splitCommand(command: string): [path: string, name: string] {
  const end = command.lastIndexOf('/');
  return [command.slice(0, end), command.slice(end + 1)];
}

/** One address of the benchmarking net for anything that has a letter; nothing for `203.0.113.1-254` and its like. */
function resolveToTestNet(name: string): readonly string[] {
  if (!/[A-Za-z]/.test(name)) return [];
  let hash = 0;
  for (const char of name) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0;
  return [`198.18.${hash & 255}.${(hash >> 8) & 255}`];
}
