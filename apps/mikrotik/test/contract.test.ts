import { silentLogger } from '@bouncer/target';
import { startRouterOs, type RouterOsOptions } from '@bouncer/sandbox';
import { targetContract, type TargetFixture } from '@bouncer/testkit';
import { ManualClock, type Network } from '@bouncer/stream';
import { MikrotikTarget } from '../src/target.ts';
import { routerSettings } from './fixture.ts';

const LIST = 'crowdsec';

async function fixture(options: RouterOsOptions): Promise<TargetFixture> {
  const clock = new ManualClock();
  const router = await startRouterOs({ ...options, clock });
  const target = new MikrotikTarget(routerSettings(router), clock, silentLogger);
  return {
    target,
    clock,
    advance: (milliseconds) => clock.advance(milliseconds),
    wipe: () => {
      router.wipe(LIST);
      return Promise.resolve();
    },
    foreign: {
      add: (network: Network) => {
        router.addRow({ list: LIST, address: network, comment: 'by hand' });
        return Promise.resolve();
      },
      list: () => Promise.resolve(router.addressesOf(LIST) as Network[]),
    },
    refuse: (network: Network) => {
      router.addRow({ list: LIST, address: network, disabled: true, comment: 'by hand' });
      return Promise.resolve();
    },
    writes: () => router.counters.entriesTouched,
    dispose: () => router.close(),
  };
}

targetContract('MikroTik, RouterOS 7', () => fixture({}));
targetContract('MikroTik, RouterOS 6 before 6.43', () => fixture({ version: '6.42.1', tagPosition: 'last' }));
