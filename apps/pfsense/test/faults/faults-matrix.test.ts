import { HEALED_PFSENSE, afterHungDevice, faultMatrix, lapiCells, processCells, type Cell } from '@bouncer/testkit';
import { pfSenseMissing, startPfSense, type PfSenseSandbox } from '@bouncer/sandbox';
import { FirewallLane } from './firewall-lane.ts';

/** After a refusal we stay away so long, in seconds: pfSense bans who fails three times in half an hour. */
const LOGIN_RETRY = 16 * 60;
/** More than a fifth of the list: then it is sent as a whole, and its file written. */
const MANY = 60;
/** pf's own limit. */
const USUAL_LIMIT = 400_000;

const deviceCells: Cell<FirewallLane>[] = [
  {
    fault: 'device-refused',
    inject: ({ device }) => {
      device.pfsense.link.down();
    },
    lift: ({ device }) => device.pfsense.link.up(),
    told: /is (away|refused)$/,
    error: /connection refused/,
  },
  {
    fault: 'device-hang',
    inject: ({ device }) => {
      device.pfsense.link.mood = 'hang';
    },
    lift: ({ device }) => {
      device.pfsense.link.mood = 'open';
    },
    // Away lasts for the backoff, which is short at first: then it is tried again.
    told: /is (away|connecting)$/,
    error: /no answer/,
    within: afterHungDevice,
  },
  {
    fault: 'device-reset',
    inject: (lane) => {
      lane.device.pfsense.link.cutAfter(4000);
      lane.ban(30);
    },
    observe: async ({ until, device }) => {
      await until('the line was cut', () => !device.pfsense.link.willBeCut);
    },
  },
  {
    fault: 'device-partial',
    inject: (lane) => {
      lane.device.cutAfterAdding();
      lane.ban(10);
    },
    observe: async ({ until, device }) => {
      await until('the line was cut', () => device.pfsense.intercept === undefined);
    },
  },
  {
    // The limit is lowered while it runs: the list shrinks to what a filter reload has room for, and grows again.
    fault: 'device-full',
    inject: (lane) => {
      const { firewall } = lane.device.pfsense;
      firewall.limits.tableEntries = firewall.total();
      lane.ban(5);
    },
    observe: async ({ until, device: { pfsense } }) => {
      const limit = pfsense.firewall.limits.tableEntries;
      await until('the list fits', () => (pfsense.entriesOf()?.length ?? 0) <= limit / 2);
    },
    emptied: true,
    lift: ({ device }) => {
      device.pfsense.firewall.limits.tableEntries = USUAL_LIMIT;
    },
  },
  {
    fault: 'device-reboot',
    inject: ({ device }) => {
      device.pfsense.firewall.reboot();
      device.pfsense.link.cut();
    },
    emptied: true,
  },
  {
    fault: 'device-flush',
    inject: ({ device }) => {
      device.pfsense.pfctl(['-t', 'crowdsec_blacklists', '-T', 'flush']);
    },
    quiet: true,
    emptied: true,
  },
  {
    fault: 'device-login',
    inject: ({ device }) => {
      device.setLogin(false);
      device.pfsense.link.cut();
    },
    lift: ({ device }) => {
      device.setLogin(true);
    },
    told: /is (away|refused)$/,
    error: /refuses the login/,
    skip: LOGIN_RETRY,
  },
  somebodyInBetween(),
  troubledDisk('disk-full', {
    inject: ({ device }) => device.pfsense.disk?.fill(),
    lift: ({ device }) => device.pfsense.disk?.free(),
  }),
  troubledDisk('read-only', {
    inject: ({ device }) => device.pfsense.disk?.setReadOnly(true),
    lift: ({ device }) => device.pfsense.disk?.setReadOnly(false),
  }),
  {
    fault: 'file-deleted',
    quiet: true,
    inject: ({ device }) => {
      device.deleteFile();
    },
    healed: ({ device }) => device.pfsense.fileOf() !== undefined,
  },
];

function somebodyInBetween(): Cell<FirewallLane> {
  let other: PfSenseSandbox | undefined;
  return {
    fault: 'device-identity',
    inject: async ({ device }) => {
      other = await startPfSense();
      device.pfsense.link.target = other.directPort;
      device.pfsense.link.cut();
    },
    told: /is (away|refused)$/,
    error: /not the pinned/,
    lift: async ({ device }) => {
      device.pfsense.link.target = device.pfsense.directPort;
      await other?.close();
    },
    skip: LOGIN_RETRY,
  };
}

/** The disk of the firewall, where the alias file lies: pf has the list all the same. */
function troubledDisk(
  fault: Cell['fault'],
  { inject, lift }: Required<Pick<Cell<FirewallLane>, 'inject' | 'lift'>>,
): Cell<FirewallLane> {
  let more: readonly string[] = [];
  return {
    fault,
    inject: async (lane) => {
      await inject(lane);
      more = lane.ban(MANY);
    },
    lift,
    staysReady: true,
    restore: (lane) => {
      lane.unban(more);
    },
  };
}

faultMatrix<FirewallLane>({
  app: 'pfsense',
  title: 'pfSense over SSH',
  missing: await pfSenseMissing(),
  speed: 12,
  lanes: 4,
  healed: HEALED_PFSENSE,
  startDevice: () => FirewallLane.start(),
  env: (device) => device.env,
  cells: [...lapiCells(), ...deviceCells, ...processCells()],
  notApplicable: {
    'device-entry': 'a list is taken whole or not at all, and nothing but addresses is sent',
  },
});
