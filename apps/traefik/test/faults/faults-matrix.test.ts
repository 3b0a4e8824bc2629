import { faultMatrix, lapiCells, processCells, smallDiskMissing } from '@bouncer/sandbox';
import type { Cell, Lane } from '@bouncer/sandbox';
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
    restore: isBack,
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
    restore: isBack,
  },
  {
    fault: 'file-deleted',
    quiet: true,
    inject: ({ device }) => {
      device.deleteFile();
    },
    observe: isBack,
    lift: () => undefined,
    staysReady: true,
  },
];

async function isSaid({ until, connector }: Lane<ForwardAuthLane>): Promise<void> {
  const lines = (): number => connector.stdout.split('the middleware is not written to a file').length;
  await until('the log says it', () => lines() > 1);
}

async function isBack({ until, device }: Lane<ForwardAuthLane>): Promise<void> {
  await until('the file is back', () => device.hasFile);
}

faultMatrix<ForwardAuthLane>({
  app: 'traefik',
  title: 'Forward-auth',
  speed: 30,
  lanes: 5,
  startDevice: (_clock, folder) => ForwardAuthLane.start(folder, missing === undefined),
  env: (device) => device.env,
  cells: [...lapiCells(), ...fileCells, ...processCells(['idle', 'pull'])],
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
