import { isIPv6 } from 'node:net';
import { lockoutSuite, type LockoutDevice } from '@bouncer/testkit';
import { places, type Bubble, type Namespace } from '@bouncer/sandbox';
import { describe } from 'vitest';
import { kernelMissing } from './namespace.ts';

/** Real packets: everybody outside pings the connector's host. */
function deviceOf(bubble: Bubble, env: Readonly<Record<string, string>>, list: string, entry: RegExp): LockoutDevice {
  const given = new Set<string>([places.gateway, places.gateway6, places.lapi, places.device]);
  /** What cannot be a source of packets on a cable is taken for what it is: not blocked. */
  const isSource = (address: string): boolean => !/^(0\.|127\.|22[4-9]\.|255\.|::1?$|ff|fe80)/.test(address);
  const isOwn = (address: string): boolean => address === places.own || address === places.own6;
  async function give(address: string): Promise<void> {
    if (given.has(address)) return;
    given.add(address);
    await bubble.outside.run(
      `ip addr add ${address}/${isIPv6(address) ? '128' : '32'} dev cable${isIPv6(address) ? ' nodad' : ''}`,
    );
  }
  async function answers(address: string): Promise<boolean> {
    const target = isIPv6(address) ? places.own6 : places.own;
    if (isOwn(address)) return ping(bubble.inside, `ping -n -c 1 -W 0.5 -I ${address} ${target}`);
    await give(address);
    return ping(bubble.outside, `ping -n -c 2 -i 0.2 -W 0.5 -I ${address} ${target}`);
  }
  return {
    isRemote: false,
    env,
    blocked: async (addresses) => {
      const passes = await Promise.all(addresses.map(async (address) => !isSource(address) || answers(address)));
      return addresses.filter((_, index) => !passes[index]);
    },
    count: async () => ((await bubble.inside.run(list)).match(entry) ?? []).length,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function ping(from: Namespace, command: string): Promise<boolean> {
  return from.run(command).then(
    () => true,
    () => false,
  );
}

const ofOurs = /^table inet crowdsec |^table ip6? (?:filter|mangle) /;

/** Tables that we did not make, and lines that are no addresses where only addresses should be. */
async function oddTables(bubble: Bubble): Promise<readonly string[]> {
  const tables = (await bubble.inside.run('nft list tables')).split('\n').filter((line) => line !== '');
  return tables.filter((line) => !ofOurs.test(`${line} `));
}

lockoutSuite('firewall', kernelMissing(), (bubble) =>
  Promise.resolve({
    ...deviceOf(bubble, {}, 'nft list table inet crowdsec', / timeout /g),
    odd: () => oddTables(bubble),
  }),
);

describe('with ipset and iptables', () => {
  lockoutSuite('firewall', kernelMissing(), (bubble) =>
    Promise.resolve({
      ...deviceOf(bubble, { FIREWALL_MODE: 'iptables' }, 'ipset save', /^add .* timeout /gm),
      odd: () => oddTables(bubble),
    }),
  );
});
