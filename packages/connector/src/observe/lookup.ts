import { isSingle, parseNetwork, wallOf } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import type { PageLookup } from '@bouncer/status-page';
import type { StatusSource } from './status-source.ts';

/** Where decisions and what the devices hold are found. */
export type LookupSource = Pick<StatusSource, 'set' | 'clock' | 'holders' | 'skippedValues'>;

/**
 * Tells whether an address or network is blocked, by which decisions, and which device holds the entry: decisions on it and
 * on every range around it, narrowest first. At most 128 look-ups, however large the set.
 */
export function lookUp({ set, clock, holders, skippedValues }: LookupSource, asked: string): PageLookup {
  const network = parseNetwork(asked);
  if (network === undefined) return { asked, decisions: [] };
  const decisions = [...around(network)].flatMap((each) =>
    set.decisionsOn(each).map(({ id, origin, scenario, expiresAt }) => ({
      network: each,
      id,
      origin,
      scenario,
      expiresAt: wallOf(clock, expiresAt),
      devices: holders?.(each) ?? [],
    })),
  );
  const passed = skippedValues?.().find(({ value }) => parseNetwork(value) === network);
  return { asked, network, ...(passed && { leftOut: passed.reason }), decisions };
}

/** The network itself and every range that contains it, narrowest first. */
function* around(network: Network): Iterable<Network> {
  yield network;
  const [address = '', prefix] = network.split('/');
  const bits = isSingle(network) ? (address.includes(':') ? 128 : 32) : Number(prefix);
  for (let shorter = bits - 1; shorter >= 0; shorter -= 1) {
    const wider = parseNetwork(`${address}/${shorter}`);
    if (wider !== undefined) yield wider;
  }
}
