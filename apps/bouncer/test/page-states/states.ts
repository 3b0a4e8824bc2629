import { ManualClock, DecisionSet, type Network } from '@bouncer/stream';
import type { startHttpServer } from '@bouncer/cli';

type Options = Parameters<typeof startHttpServer>[0];
type Status = ReturnType<Options['status']>;
type Target = Status['targets'][number];

/** A state of the connector, and what the page has to call it. */
export interface PageState {
  readonly name: string;
  readonly heading: 'Protecting' | 'Partly protecting' | 'Not protecting' | 'Starting' | 'Dry run';
  readonly status: Status;
}

const clock = new ManualClock();
const now = clock.wall();
const MINUTE = 60_000;

const router: Target = {
  name: 'mikrotik 192.168.88.1',
  state: 'in-step',
  desired: 3,
  held: 3,
  limit: 50_000,
  skipped: {},
  refused: 0,
  guardHolds: 0,
  writes: { created: 16_012, updated: 40, deleted: 748 },
  lastSeenAt: now - 4000,
  lastChange: { created: 3, updated: 0, deleted: 1, at: now - 40_000, seconds: 0.2 },
  failures: 0,
  concerns: [],
  facts: { version: '7.20.1', free_memory_bytes: 712_000_000 },
};

const lapi: Status['stream'] = {
  state: 'ok',
  pulls: 420,
  fullPulls: 5,
  failures: {},
  lastPullAt: now - 4000,
  lastFullAt: now - 5 * MINUTE,
  nextPullAt: now + 6000,
  lapiVersion: '1.7.8 or newer',
  decisions: 3,
  skipped: {},
};

/** A connector of these targets, an hour after its start. */
function status(targets: readonly Target[], stream: Partial<Status['stream']> = {}): Status {
  const base = { startedAt: now - 60 * MINUTE, ready: true, updateFrequency: 10 };
  return { ...base, stream: { ...lapi, ...stream }, targets };
}

const error = (message: string, hint: string) => ({ message, hint, at: now - 20_000 });
const old = { lastPullAt: now - 12 * MINUTE, state: 'failing' } as const;
const away: Target = {
  ...router,
  state: 'away',
  failures: 14,
  lastSeenAt: now - 9 * MINUTE,
  lastError: error(
    '192.168.88.1:8729: connection refused (ECONNREFUSED)',
    'switch the service on: /ip/service/set api-ssl disabled=no',
  ),
};
const noRule: Target = {
  ...router,
  concerns: [
    {
      level: 'fail',
      seen: 'rule ipv4: no rule uses the list crowdsec: it is filled, but nothing is blocked',
      fix: '/ip/firewall/raw/add chain=prerouting action=drop in-interface-list=WAN src-address-list=crowdsec comment="CrowdSec"',
    },
  ],
};
const sites = Array.from({ length: 30 }, (_, index): Target => ({ ...router, name: `site ${index + 1}` }));

/** Every state that a person may meet. */
export const states: readonly PageState[] = [
  {
    name: 'starting',
    heading: 'Starting',
    status: {
      ...status([{ ...router, state: 'connecting', held: 0, desired: 0 }]),
      startedAt: now - 2000,
      stream: { state: 'starting', pulls: 0, fullPulls: 0, failures: {}, decisions: 0, skipped: {} },
    },
  },
  { name: 'protecting', heading: 'Protecting', status: status([router]) },
  {
    name: 'partly',
    heading: 'Partly protecting',
    status: status([
      { ...router, name: 'office' },
      { ...away, name: 'warehouse' },
    ]),
  },
  {
    name: 'lapi-down',
    heading: 'Not protecting',
    status: status([router], {
      ...old,
      failures: { refused: 31 },
      lastError: {
        ...error('connection refused: crowdsec.protected.lan', 'open TCP port 443 from this machine'),
        kind: 'refused',
      },
    }),
  },
  {
    name: 'key-revoked',
    heading: 'Not protecting',
    status: status([router], {
      ...old,
      failures: { auth: 12 },
      lastError: {
        ...error(
          '403 Forbidden: the key is wrong or was revoked',
          'make a new one with `sudo cscli bouncers add my-mikrotik`',
        ),
        kind: 'auth',
      },
    }),
  },
  { name: 'device-away', heading: 'Not protecting', status: status([away]) },
  {
    name: 'login-refused',
    heading: 'Not protecting',
    status: status([
      {
        ...away,
        state: 'refused',
        lastError: error(
          'the router refuses the login of user "crowdsec"',
          'check MIKROTIK_USER and MIKROTIK_PASSWORD',
        ),
      },
    ]),
  },
  {
    name: 'filter-empty',
    heading: 'Not protecting',
    status: status([{ ...router, held: 0, desired: 0 }], {
      decisions: 0,
      skipped: { 'origin not enforced': 15_304 },
      seen: { decisions: 15_304, passed: 0, origins: { CAPI: 15_300, cscli: 4 }, types: { ban: 15_304 } },
    }),
  },
  { name: 'rule-missing', heading: 'Not protecting', status: status([noRule]) },
  { name: 'dry-run', heading: 'Dry run', status: status([{ ...router, state: 'dry-run', held: 0 }]) },
  {
    name: 'over-the-limit',
    heading: 'Partly protecting',
    status: status([{ ...router, limit: 2, desired: 2, held: 2, isFull: true, skipped: { 'over MAX_ENTRIES': 1 } }]),
  },
  { name: '30-devices', heading: 'Protecting', status: status(sites) },
  {
    name: '30-devices-one-away',
    heading: 'Partly protecting',
    status: status([...sites.slice(0, 29), { ...away, name: 'site 30' }]),
  },
];

/** What the server of a state is given. */
export function sourceOf({ status: told }: PageState): Omit<Options, 'listen' | 'log'> {
  const set = new DecisionSet();
  const end = Math.floor(clock.now() / 1000) + 7200;
  set.add('45.83.64.17' as Network, 1, end, 'crowdsec', 'crowdsecurity/ssh-bf');
  set.add('91.240.118.0/24' as Network, 2, end, 'cscli', 'manual ban');
  set.add('2a01:4f8:c17::1' as Network, 3, end, 'CAPI', 'crowdsecurity/http-probing');
  const networks = [...set.entries()].map(({ network }) => network);
  return {
    clock,
    set,
    title: 'MikroTik RouterOS',
    type: 'crowdsec-mikrotik-bouncer',
    version: '0.1.0',
    status: () => told,
    heldBy: () => networks,
    holders: () => told.targets.map(({ name, state }) => ({ name, holds: state === 'in-step' })),
  };
}
