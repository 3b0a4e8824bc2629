import { smallDiskMissing } from '@bouncer/sandbox';
import { HEALED, afterHungDevice, faultMatrix, lapiCells, processCells, type Cell, type Lane } from '@bouncer/testkit';
import { haproxyMissing } from '../debian-haproxy.ts';
import { HaproxyLane } from './haproxy-lane.ts';

/** A line of commands that is cut, once. */
function cut(fault: Cell['fault'], part: (line: string) => string): Cell<HaproxyLane> {
  return {
    fault,
    inject: (lane) => {
      lane.device.cutNextWrite(part);
      lane.ban(30);
    },
    observe: async ({ until, device }) => {
      await until('a line was cut', () => device.isStruck);
    },
  };
}

/** Clients are stopped by what HAProxy holds, whatever the file says: it is for the next start. */
function fileCell(
  fault: Cell['fault'],
  inject: (device: HaproxyLane) => void,
  lift?: (device: HaproxyLane) => void,
): Cell<HaproxyLane> {
  return {
    fault,
    staysReady: true,
    inject: ({ device }) => {
      inject(device);
    },
    ...(lift && {
      lift: ({ device }) => {
        lift(device);
      },
    }),
    healed: isOnFile,
  };
}

function isOnFile({ device, live }: Pick<Lane<HaproxyLane>, 'device' | 'live'>): boolean {
  return device.file === [...live].sort().join();
}

const deviceCells: Cell<HaproxyLane>[] = [
  {
    fault: 'device-refused',
    inject: ({ device }) => device.link.down(),
    lift: ({ device }) => device.link.up(),
    told: /is (away|connecting)$/,
    error: /ECONNREFUSED/,
  },
  {
    fault: 'device-hang',
    inject: ({ device }) => {
      device.link.isHanging = true;
    },
    lift: ({ device }) => {
      device.link.isHanging = false;
    },
    told: /is (away|connecting)$/,
    error: /no whole answer in 45 s/,
    within: afterHungDevice,
  },
  cut('device-reset', (line) => line.slice(0, line.length >> 1)),
  cut('device-partial', (line) => {
    const commands = line.trim().split(';');
    return `${commands.slice(0, (commands.length >> 1) + 1).join(';')}\n`;
  }),
  {
    fault: 'device-reboot',
    inject: ({ device }) => device.haproxy.stop(),
    lift: ({ device }) => device.haproxy.start(),
    healed: isOnFile,
  },
  { fault: 'device-flush', quiet: true, emptied: true, inject: ({ device }) => device.empty() },
  fileCell(
    'disk-full',
    ({ disk }) => {
      disk.fill();
    },
    ({ disk }) => {
      disk.free();
    },
  ),
  fileCell(
    'read-only',
    ({ disk }) => {
      disk.setReadOnly(true);
    },
    ({ disk }) => {
      disk.setReadOnly(false);
    },
  ),
  fileCell('file-deleted', (device) => {
    device.deleteFile();
  }),
];

faultMatrix<HaproxyLane>({
  app: 'haproxy',
  title: 'HAProxy',
  missing: (await haproxyMissing()) ?? smallDiskMissing(),
  speed: 20,
  lanes: 5,
  healed: HEALED,
  startDevice: () => HaproxyLane.start(),
  env: (device) => device.env,
  cells: [...lapiCells(), ...deviceCells, ...processCells()],
  notApplicable: {
    'device-entry': 'an ACL of addresses takes every address',
    'device-full': 'an ACL has no limit',
    'device-login': 'no login: who may open the socket may change the ACL, whatever its level',
    'device-identity': "no certificate: who may open the socket is the file system's affair",
  },
});
