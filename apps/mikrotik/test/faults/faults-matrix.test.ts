import { writeFileSync } from 'node:fs';
import {
  HEALED,
  afterHungDevice,
  faultMatrix,
  keyFileDeleted,
  lapiCells,
  processCells,
  type Cell,
} from '@bouncer/testkit';
import { selfSigned } from '@bouncer/sandbox';
import { RouterLane } from './router-lane.ts';

/** Refused entries are offered again after ten minutes, in seconds. */
const OFFERED_AGAIN = 600;

const deviceCells: Cell<RouterLane>[] = [
  {
    fault: 'device-refused',
    inject: ({ device }) => device.router.refuse(),
    lift: ({ device }) => device.router.listen(),
    told: /is (away|refused)$/,
    error: /connection refused/,
  },
  {
    fault: 'device-hang',
    inject: ({ device }) => {
      device.router.hang();
    },
    lift: ({ device }) => {
      device.router.resume();
    },
    // Away lasts for the backoff, which is short at first: then it is tried again.
    told: /is (away|connecting)$/,
    error: /has not answered|no answer/,
    within: afterHungDevice,
  },
  {
    fault: 'device-reset',
    inject: (lane) => {
      lane.device.router.rstMidWindow(10, 'write');
      lane.ban(30);
    },
    observe: (lane) => strikes(lane.device, lane.until),
  },
  {
    fault: 'device-partial',
    inject: (lane) => {
      lane.device.router.dropReplyAfterExecuting(10, 'write', 8);
      lane.ban(30);
    },
    observe: (lane) => strikes(lane.device, lane.until),
  },
  oneEntry(),
  {
    fault: 'device-full',
    inject: ({ device }) => {
      device.router.entriesLimit = device.router.rows().length;
    },
    lift: ({ device }) => {
      device.router.entriesLimit = undefined;
    },
    told: /is full: \d+ entries are left out/,
    skip: OFFERED_AGAIN,
  },
  {
    fault: 'device-reboot',
    inject: ({ device }) => {
      device.router.reboot();
    },
    emptied: true,
  },
  {
    fault: 'device-flush',
    inject: ({ device }) => {
      device.flush();
    },
    quiet: true,
    emptied: true,
  },
  {
    fault: 'device-login',
    inject: ({ device }) => {
      device.router.setPassword('crowdsec', 'another one');
      device.router.kill();
    },
    lift: ({ device }) => {
      writeFileSync(device.passwordFile, 'another one');
    },
    told: /is (away|refused)$/,
    error: /invalid user name or password/,
    restore: ({ device }) => {
      device.router.setPassword('crowdsec', 'secret');
      writeFileSync(device.passwordFile, 'secret');
    },
  },
  {
    fault: 'device-identity',
    inject: async ({ device }) => {
      device.router.useCertificate(await selfSigned());
      device.router.kill();
    },
    lift: ({ device }) => {
      device.router.useCertificate(device.certificate);
    },
    told: /is (away|refused)$/,
    error: /not the pinned one/,
  },
  keyFileDeleted(),
];

function oneEntry(): Cell<RouterLane> {
  let row = '';
  return {
    fault: 'device-entry',
    inject: (lane) => {
      const [address = ''] = lane.ban();
      row = lane.device.occupy(address);
    },
    told: /refused 1 entries/,
    lift: ({ device }) => {
      device.router.removeRow(4, row);
    },
    skip: OFFERED_AGAIN,
  };
}

async function strikes(
  { router }: RouterLane,
  until: (what: string, holds: () => boolean) => Promise<number>,
): Promise<void> {
  await until('the fault has struck', () => router.plannedFaults === 0);
}

faultMatrix<RouterLane>({
  app: 'mikrotik',
  title: 'MikroTik',
  speed: 30,
  lanes: 5,
  healed: HEALED,
  startDevice: (clock, folder) => RouterLane.start(clock, folder),
  env: (device) => device.env,
  cells: [...lapiCells(), ...deviceCells, ...processCells()],
  notApplicable: {
    'disk-full': 'writes no file',
    'read-only': 'writes no file',
  },
});
