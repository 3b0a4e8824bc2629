import type { Clock } from '@bouncer/stream';
import type { Policy, RouterFacts, RouterUser } from './options.ts';
import { fixedTable } from './table.ts';
import type { Table } from './table.ts';
import { formatDate } from './dates.ts';
import { formatTimeout } from './timeout.ts';
import { versionAtLeast } from './version.ts';

type Row = Readonly<Record<string, string>>;

/** What the menus below tell about. Read anew for every print. */
export interface SystemState {
  readonly clock: Clock;
  readonly version: string;
  readonly identity: string;
  readonly facts: RouterFacts;
  /** On the clock, in milliseconds. */
  readonly bootedAt: number;
  /** Rows of both address lists: they cost memory. */
  readonly entries: number;
  readonly users: readonly RouterUser[];
  readonly port: number;
  readonly tls: 'plain' | 'certificate' | 'anonymous';
  readonly maxSessions: number;
  readonly availableFrom: readonly string[] | undefined;
  /** `address:port` of every open session. */
  readonly sessions: () => readonly string[];
}

const BUILT_AT = Date.UTC(2026, 0, 15, 10);

const POLICIES: readonly Policy[] = [
  'ftp',
  'reboot',
  'read',
  'write',
  'policy',
  'test',
  'sensitive',
  'api',
  'rest-api',
];

/** A guess, for `free-memory` to shrink as it would. */
const BYTES_PER_ENTRY = 400;

/** The read-only menus by path. */
export function systemTables(state: () => SystemState): ReadonlyMap<string, Table<Row>> {
  return new Map([
    ['/system/resource', table(() => [resource(state())])],
    ['/system/identity', table(() => [{ name: state().identity }])],
    ['/system/clock', table(() => [clockRow(state())])],
    ['/system/health', table(() => health(state()))],
    ['/ip/service', table(() => services(state()))],
    ['/certificate', table(() => certificates(state()))],
    ['/user', table(() => users(state()))],
    ['/user/group', table(() => groups(state()))],
  ]);
}

function table(rows: () => readonly Row[]): Table<Row> {
  return fixedTable(() => [...new Set(rows().flatMap((row) => Object.keys(row)))], rows);
}

function resource(state: SystemState): Row {
  const { facts } = state;
  return {
    uptime: formatTimeout(Math.floor((state.clock.now() - state.bootedAt) / 1000)),
    version: `${state.version} (${state.version.startsWith('6.') ? 'long-term' : 'stable'})`,
    'build-time': formatDate(BUILT_AT, state.version),
    'free-memory': String(Math.max(1_048_576, facts.freeMemoryBytes - state.entries * BYTES_PER_ENTRY)),
    'total-memory': String(facts.totalMemoryBytes),
    cpu: 'ARM64',
    'cpu-count': String(facts.cpuCount),
    'cpu-load': String(facts.cpuLoadPercent),
    'free-hdd-space': '1006632960',
    'total-hdd-space': '1073741824',
    'architecture-name': facts.architecture,
    'board-name': facts.boardName,
    platform: 'MikroTik',
  };
}

function clockRow(state: SystemState): Row {
  const [date = '', time = ''] = formatDate(state.clock.wall(), state.version).split(' ');
  return { time, date, 'time-zone-autodetect': 'true', 'time-zone-name': 'UTC', 'gmt-offset': '+00:00' };
}

/** One row for each sensor since 7; before, one row with all. */
function health({ version }: SystemState): Row[] {
  if (!versionAtLeast(version, '7')) return [{ voltage: '24.1', temperature: '41' }];
  return [
    { '.id': '*D', name: 'temperature', value: '41', type: 'C' },
    { '.id': '*E', name: 'voltage', value: '24.1', type: 'V' },
  ];
}

/** Since 7.19 a dynamic row for each connection, beside the services themselves. */
function services(state: SystemState): Row[] {
  const own = configuredServices(state);
  if (!versionAtLeast(state.version, '7.19')) return own;
  const name = state.tls === 'plain' ? 'api' : 'api-ssl';
  const connections = state.sessions().map((remote, index) => ({
    '.id': `*${(0x1000 + index).toString(16).toUpperCase()}`,
    name,
    port: String(state.port),
    proto: 'tcp',
    remote,
    connection: 'true',
    dynamic: 'true',
    invalid: 'false',
    disabled: 'false',
  }));
  return [...own, ...connections];
}

function configuredServices(state: SystemState): Row[] {
  const address = state.availableFrom?.join(',') ?? '';
  const shared = { address, 'max-sessions': String(state.maxSessions), invalid: 'false', dynamic: 'false' };
  const secure = state.tls !== 'plain';
  const certificate = state.tls === 'certificate' ? 'api' : 'none';
  return [
    { '.id': '*7', name: 'api', port: secure ? '8728' : String(state.port), ...shared, disabled: String(secure) },
    {
      '.id': '*9',
      name: 'api-ssl',
      port: secure ? String(state.port) : '8729',
      ...shared,
      certificate,
      'tls-version': 'any',
      disabled: String(!secure),
    },
  ];
}

function certificates(state: SystemState): Row[] {
  if (state.tls !== 'certificate') return [];
  return [{ '.id': '*1', name: 'api', 'common-name': 'router', 'private-key': 'true', trusted: 'true' }];
}

function users(state: SystemState): Row[] {
  return state.users.map((user, index) => ({
    '.id': `*${(index + 1).toString(16).toUpperCase()}`,
    name: user.name,
    group: `${user.name}-group`,
    address: '',
    disabled: 'false',
  }));
}

/** Every user has a group of its own; what is denied is listed as well. */
function groups(state: SystemState): Row[] {
  return state.users.map((user, index) => ({
    '.id': `*${(index + 1).toString(16).toUpperCase()}`,
    name: `${user.name}-group`,
    policy: POLICIES.map((policy) => (user.policies.includes(policy) ? policy : `!${policy}`)).join(','),
    skin: 'default',
  }));
}
