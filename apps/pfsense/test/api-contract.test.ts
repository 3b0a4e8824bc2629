import { OpnSenseSandbox, RestSandbox } from '@bouncer/sandbox';
import { targetContract, type TargetFixture } from '@bouncer/testkit';
import { ManualClock, systemClock, type Clock, type Network } from '@bouncer/stream';
import { ApiClient } from '../src/api/api-client.ts';
import { OpnSenseApi } from '../src/opnsense/opnsense-api.ts';
import { OpnSenseTarget } from '../src/opnsense/opnsense-target.ts';
import { RestApi } from '../src/rest/rest-api.ts';
import { RestTarget } from '../src/rest/rest-target.ts';
import { ServeTarget } from '../src/serve/serve-target.ts';

import { usualOffer } from './fixture.ts';

const ALIAS = 'crowdsec_blacklists';

/** The contract writes again and again: a clock that has always moved on by ten minutes never makes it wait. */
function hastyClock(): Clock {
  let minutes = 0;
  return { ...systemClock, now: () => (minutes += 10) * 60_000, sleep: () => Promise.resolve() };
}

async function rest(): Promise<TargetFixture> {
  const sandbox = await RestSandbox.start();
  const clock = hastyClock();
  const client = new ApiClient({
    url: sandbox.url,
    headers: () => ({ 'X-API-Key': sandbox.key }),
    refresh: () => false,
  });
  return {
    target: new RestTarget('pfsense', new RestApi(client, ALIAS), { url: sandbox.url }, clock, {
      ...{ writeInterval: 600, killStates: true, offer: usualOffer },
    }),
    clock: new ManualClock(),
    wipe: () => {
      sandbox.alias()!.address = [];
      return Promise.resolve();
    },
    writes: () => sandbox.writes,
    dispose: () => sandbox.close(),
  };
}

async function opnsense(): Promise<TargetFixture> {
  const sandbox = await OpnSenseSandbox.start();
  const login = Buffer.from(`${sandbox.key}:${sandbox.secret}`).toString('base64');
  const client = new ApiClient({
    url: sandbox.url,
    headers: () => ({ Authorization: `Basic ${login}` }),
    refresh: () => false,
  });
  const refused = new Set<unknown>();
  sandbox.api.intercept = ({ body, path }) =>
    path.includes('/add/') && refused.has(body['address'])
      ? { status: 200, body: { status: 'not_an_address' } }
      : undefined;
  return {
    target: new OpnSenseTarget('opnsense', new OpnSenseApi(client, ALIAS), { url: sandbox.url }, systemClock, {
      ...{ killStates: true, offer: usualOffer },
    }),
    clock: new ManualClock(),
    wipe: () => {
      sandbox.table.entries.clear();
      return Promise.resolve();
    },
    refuse: (network: Network) => void refused.add(network),
    writes: () => sandbox.writes,
    dispose: () => sandbox.close(),
  };
}

targetContract('rest', rest);
targetContract('opnsense', opnsense);

targetContract('serve', () => {
  const target = new ServeTarget({ listen: '127.0.0.1:0', alias: ALIAS, user: 'pfsense' });
  return {
    target,
    clock: new ManualClock(),
    wipe: () => {
      target.forget();
      return Promise.resolve();
    },
    writes: () => target.published,
  };
});
