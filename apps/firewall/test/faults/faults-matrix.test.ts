import {
  HEALED,
  afterHungDevice,
  faultMatrix,
  keyFileDeleted,
  lapiCells,
  processCells,
  type Cell,
  type Lane,
} from '@bouncer/testkit';
import { kernelMissing } from '../namespace.ts';
import type { NftMode } from './faulty-nft.ts';
import { KernelLane } from './kernel-lane.ts';

/** More than the bans that hold all the time, in elements of one set. */
const LIMIT = 500;

function harmed(fault: Cell['fault'], mode: NftMode, error: RegExp, within?: Cell['within']): Cell<KernelLane> {
  return {
    fault,
    inject: ({ device }) => {
      device.mode = mode;
    },
    lift: ({ device }) => {
      device.mode = '';
    },
    // Away lasts for the backoff, which is short at first: then it is tried again.
    told: /is (away|connecting)$/,
    error,
    ...(within && { within }),
  };
}

/** A run of nft that ends badly, once. */
function struck(fault: Cell['fault'], mode: NftMode): Cell<KernelLane> {
  return {
    fault,
    inject: (lane) => {
      lane.device.mode = mode;
      lane.ban(30);
    },
    observe: async ({ until, device }) => {
      await until('nft has been struck', () => device.mode === '');
    },
  };
}

function full(): Cell<KernelLane> {
  let more: readonly string[] = [];
  return {
    fault: 'device-full',
    emptied: true,
    inject: async (lane) => {
      await lane.device.limit(LIMIT);
      await lane.inStep();
      more = lane.ban(LIMIT);
    },
    told: /is (away|refused)$/,
    error: /Too many open files in system/,
    lift: (lane) => {
      lane.unban(more);
    },
  };
}

async function flush({ device }: Lane<KernelLane>): Promise<void> {
  await device.nft('flush ruleset');
}

const deviceCells: Cell<KernelLane>[] = [
  harmed('device-refused', 'unreachable', /Unable to initialize Netlink/),
  harmed('device-hang', 'hang', /nft did not end within 50 s/, afterHungDevice),
  harmed('device-login', 'powerless', /Operation not permitted/),
  struck('device-reset', 'killed'),
  struck('device-partial', 'half'),
  full(),
  {
    fault: 'device-reboot',
    kills: true,
    emptied: true,
    inject: async (lane) => {
      await lane.connector.stop('SIGKILL');
      await flush(lane);
    },
    lift: (lane) => {
      lane.startConnector();
    },
  },
  { fault: 'device-flush', quiet: true, emptied: true, inject: flush },
  keyFileDeleted(),
];

faultMatrix<KernelLane>({
  app: 'firewall',
  title: 'nftables',
  missing: kernelMissing(),
  speed: 20,
  lanes: 5,
  healed: HEALED,
  startDevice: (_clock, folder) => KernelLane.start(folder),
  env: (device) => device.env,
  cells: [...lapiCells(), ...deviceCells, ...processCells()],
  notApplicable: {
    'device-entry': 'a transaction is taken whole or not at all, and any address fits into its set',
    'device-identity': 'no network between us and the kernel',
    'disk-full': 'writes no file',
    'read-only': 'writes no file',
  },
});
