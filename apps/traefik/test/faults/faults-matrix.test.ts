import { HEALED, faultMatrix, lapiCells, processCells, type Cell, type Lane } from '@bouncer/testkit';
import { smallDiskMissing } from '@bouncer/sandbox';
import { ForwardAuthLane } from './forward-auth-lane.ts';

const missing = smallDiskMissing();
const noDevice = 'no device: the list is in the memory of the connector';
const oneStep = 'an apply is one step in memory';

/** The middleware's file is a help for Traefik's file provider; protection does not hang on it, so it stays ready. */
const fileCells: Cell<ForwardAuthLane>[] = [
  {
    fault: 'disk-full',
    missing,
    inject: ({ device }) => {
      device.deleteFile();
      device.disk?.fill();
    },
    observe: isSaid,
    lift: ({ device }) => {
      device.disk?.free();
    },
    staysReady: true,
    healed: isBack,
  },
  {
    fault: 'read-only',
    missing,
    inject: ({ device }) => {
      device.deleteFile();
      device.disk?.setReadOnly(true);
    },
    observe: isSaid,
    lift: ({ device }) => {
      device.disk?.setReadOnly(false);
    },
    staysReady: true,
    healed: isBack,
  },
  {
    fault: 'file-deleted',
    quiet: true,
    inject: ({ device }) => {
      device.deleteFile();
    },
    healed: isBack,
    staysReady: true,
  },
];

async function isSaid({ until, connector }: Lane<ForwardAuthLane>): Promise<void> {
  const lines = (): number => connector.stdout.split('the middleware is not written to a file').length;
  await until('the log says it', () => lines() > 1);
}

function isBack({ device }: Lane<ForwardAuthLane>): boolean {
  return device.hasFile;
}

faultMatrix<ForwardAuthLane>({
  app: 'traefik',
  title: 'Forward-auth',
  speed: 30,
  lanes: 5,
  healed: HEALED,
  startDevice: (_clock, folder) => ForwardAuthLane.start(folder, missing === undefined),
  env: (device) => device.env,
  cells: [...lapiCells(), ...fileCells, ...processCells(['idle', 'start', 'pull'])],
  notApplicable: {
    'device-refused': noDevice,
    'device-hang': noDevice,
    'device-reset': noDevice,
    'device-partial': noDevice,
    'device-entry': noDevice,
    'device-full': noDevice,
    'device-reboot': noDevice,
    'device-flush': noDevice,
    'device-login': noDevice,
    'device-identity': noDevice,
    'term-apply': oneStep,
    'kill-apply': oneStep,
    'memory-apply': oneStep,
  },
});
