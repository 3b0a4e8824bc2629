import type { RouterInterface, RouterInterfaceList, RouterListMember, RouterOsOptions } from './options.ts';
import { fixedTable } from './table.ts';
import type { Table } from './table.ts';

type Row = Readonly<Record<string, string>>;

/** What the router is connected to. */
export interface NetworkFacts {
  readonly interfaces: readonly RouterInterface[];
  /** The built-in ones first. */
  readonly lists: readonly RouterInterfaceList[];
  readonly members: readonly RouterListMember[];
  readonly ipv6: { readonly disabled: boolean; readonly addresses: readonly string[] };
  readonly l3Offload: boolean;
}

const BUILTIN = ['all', 'none', 'dynamic', 'static'];
const PORTS = ['ether2', 'ether3', 'ether4', 'ether5'];

/** The facts of the options, with what a fresh router has where they say nothing. */
export function networkOf(options: RouterOsOptions): NetworkFacts {
  const given = options.interfaceLists ?? ['LAN', 'WAN'];
  const lists = [...BUILTIN, ...given].map((list) => (typeof list === 'string' ? { name: list } : list));
  const usual = [
    { list: 'LAN', interface: 'bridge' },
    { list: 'WAN', interface: 'ether1' },
  ];
  return {
    interfaces: options.interfaces ?? [
      { name: 'ether1' },
      ...PORTS.map((name) => ({ name, slave: true })),
      { name: 'bridge', type: 'bridge' },
    ],
    lists,
    members: options.listMembers ?? usual.filter(({ list }) => lists.some(({ name }) => name === list)),
    ipv6: { disabled: false, addresses: ['2001:db8:1::1/64'], ...options.ipv6 },
    l3Offload: options.l3Offload ?? false,
  };
}

/** The menus of these facts by path; they only show. */
export function networkTables(facts: () => NetworkFacts): ReadonlyMap<string, Table<Row>> {
  return new Map([
    [
      '/interface',
      table(['.id', 'name', 'type', 'running', 'slave', 'dynamic', 'disabled'], () => interfaces(facts())),
    ],
    ['/interface/list', table(['.id', 'name', 'include', 'exclude', 'builtin', 'dynamic'], () => lists(facts()))],
    ['/interface/list/member', table(['.id', 'list', 'interface', 'dynamic', 'disabled'], () => members(facts()))],
    [
      '/interface/ethernet/switch',
      table(['.id', 'name', 'l3-hw-offloading'], () => [
        { '.id': '*1', name: 'switch1', 'l3-hw-offloading': String(facts().l3Offload) },
      ]),
    ],
    [
      '/ipv6/settings',
      table(['disable-ipv6', 'forward'], () => [{ 'disable-ipv6': String(facts().ipv6.disabled), forward: 'true' }]),
    ],
    ['/ipv6/address', table(['.id', 'address', 'interface', 'dynamic', 'disabled'], () => addresses(facts()))],
  ]);
}

function table(properties: readonly string[], rows: () => readonly Row[]): Table<Row> {
  return fixedTable(() => properties, rows);
}

function interfaces(facts: NetworkFacts): Row[] {
  return facts.interfaces.map(({ name, type = 'ether', disabled = false, slave = false }, index) => ({
    '.id': id(index),
    name,
    type,
    running: String(!disabled),
    ...(slave && { slave: 'true' }),
    dynamic: 'false',
    disabled: String(disabled),
  }));
}

function lists(facts: NetworkFacts): Row[] {
  return facts.lists.map(({ name, include = [], exclude = [] }, index) => ({
    '.id': index < BUILTIN.length ? `*200000${String(index)}` : `*200001${String(index)}`,
    name,
    include: include.join(','),
    exclude: exclude.join(','),
    builtin: String(index < BUILTIN.length),
    dynamic: 'false',
  }));
}

function members(facts: NetworkFacts): Row[] {
  return facts.members.map(({ list, interface: name, disabled = false }, index) => ({
    '.id': id(index),
    list,
    interface: name,
    dynamic: 'false',
    disabled: String(disabled),
  }));
}

function addresses(facts: NetworkFacts): Row[] {
  const local = { '.id': '*1', address: 'fe80::1/64', interface: 'ether1', dynamic: 'true', disabled: 'false' };
  if (facts.ipv6.disabled) return [];
  const given = facts.ipv6.addresses.map((address, index) => ({ ...local, '.id': id(index + 1), address }));
  return [local, ...given];
}

function id(index: number): string {
  return `*${(index + 1).toString(16).toUpperCase()}`;
}
