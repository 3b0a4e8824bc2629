import { isSingle, parseNetwork, wallOf } from '@bouncer/stream';
import type { Clock, DecisionSet, Network } from '@bouncer/stream';

/** One live decision that covers what was asked for. */
export interface FoundDecision {
  readonly network: Network;
  readonly id: number;
  readonly origin: string;
  readonly scenario: string;
  /** Wall-clock milliseconds. */
  readonly expiresAt: number;
}

/** The answer to "is this address blocked, and why". */
export interface LookupResult {
  /** What was asked, as it was written. */
  readonly asked: string;
  /** Its canonical text; absent when it is no address. */
  readonly network?: Network;
  /** Decisions on it and on every range around it, narrowest first. */
  readonly decisions: readonly FoundDecision[];
}

/** Looks an address or network up. At most 128 look-ups, however large the set. */
export function lookUp(set: DecisionSet, clock: Clock, asked: string): LookupResult {
  const network = parseNetwork(asked);
  if (network === undefined) return { asked, decisions: [] };
  const decisions = [...around(network)].flatMap((each) =>
    set.decisionsOn(each).map(({ id, origin, scenario, expiresAt }) => ({
      network: each,
      id,
      origin,
      scenario,
      expiresAt: wallOf(clock, expiresAt),
    })),
  );
  return { asked, network, decisions };
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
