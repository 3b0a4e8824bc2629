import { HEALED, afterHungDevice, faultMatrix, lapiCells, processCells, type Cell } from '@bouncer/testkit';
import { smallDiskMissing } from '@bouncer/sandbox';
import { nginxMissing } from '../debian-nginx.ts';
import { NginxLane } from './nginx-lane.ts';
import type { ReloadMode } from './nginx-lane.ts';

/** An include is gone, so that NGINX has to be reloaded, which goes wrong. Bans reach NGINX all the same. */
function reloading(fault: Cell['fault'], mode: ReloadMode, error: RegExp): Cell<NginxLane> {
  return {
    fault,
    inject: ({ device }) => {
      device.reloadMode = mode;
      device.deleteInclude();
    },
    lift: ({ device }) => {
      device.reloadMode = '';
    },
    // Away lasts for the backoff, which is short at first: then it is tried again.
    told: /is (away|connecting|reconciling)$/,
    error,
    healed: ({ device }) => device.hasInclude,
    ...(mode === 'hang' && { within: afterHungDevice }),
  };
}

/** NGINX keeps the list that it has, but for an empty one that is sound; the file has to be as before, so that it survives a restart. */
function spoiled(fault: Cell['fault'], spoil: (device: NginxLane) => void | Promise<void>): Cell<NginxLane> {
  let before: string | undefined;
  return {
    fault,
    quiet: true,
    inject: async ({ device }) => {
      before = device.list;
      await spoil(device);
    },
    healed: ({ device }) => before !== undefined && device.list === before,
  };
}

/** The first reload is killed; the next one has to come by itself. */
function killedReload(): Cell<NginxLane> {
  let before = 0;
  return {
    fault: 'device-reset',
    inject: ({ device }) => {
      before = device.activity();
      device.reloadMode = 'killed';
      device.deleteInclude();
    },
    observe: async ({ until, device }) => {
      await until('the reload command was killed', () => device.reloadMode === '');
    },
    healed: ({ device }) => device.hasInclude && device.activity() > before + 1,
  };
}

const deviceCells: Cell<NginxLane>[] = [
  reloading('device-refused', 'refuse', /NGINX_RELOAD_COMMAND ended with code 1: .*invalid PID/),
  reloading('device-hang', 'hang', /NGINX_RELOAD_COMMAND did not end within 30 s/),
  killedReload(),
  spoiled('device-partial', (device) => {
    device.tearList();
  }),
  {
    fault: 'device-reboot',
    inject: ({ device }) => device.nginx.stop(),
    lift: ({ device }) => device.nginx.start(),
  },
  { ...spoiled('device-flush', (device) => device.emptyList()), emptied: true },
  {
    fault: 'disk-full',
    inject: ({ device }) => {
      device.disk.fill();
    },
    lift: ({ device }) => {
      device.disk.free();
    },
    told: /is (away|refused)$/,
    error: /ENOSPC/,
  },
  {
    fault: 'read-only',
    inject: ({ device }) => {
      device.disk.setReadOnly(true);
    },
    lift: ({ device }) => {
      device.disk.setReadOnly(false);
    },
    told: /is (away|refused)$/,
    error: /may not be written \(EROFS\)/,
  },
  spoiled('file-deleted', (device) => {
    device.deleteList();
  }),
];

faultMatrix<NginxLane>({
  app: 'nginx',
  title: 'NGINX',
  missing: (await nginxMissing()) ?? smallDiskMissing(),
  speed: 20,
  lanes: 5,
  healed: HEALED,
  startDevice: () => NginxLane.start(),
  env: (device) => device.env,
  cells: [...lapiCells(), ...deviceCells, ...processCells()],
  notApplicable: {
    'device-entry': 'the list is a file: taken whole or not at all',
    'device-full': 'the list is a file: see disk full',
    'device-login': 'no login: see folder read-only',
    'device-identity': 'no network between us and NGINX',
  },
});
