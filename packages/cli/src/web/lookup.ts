import { isSingle, parseNetwork, wallOf } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import type { PageFound, PageHolder, PageLookup } from '@bouncer/status-page';
import { networksInside } from './networks-inside.ts';
import type { StatusSource } from './status-source.ts';

/** Where decisions and what the devices hold are found. */
export type LookupSource = Pick<
  StatusSource,
  'set' | 'clock' | 'status' | 'holders' | 'skippedValues' | 'protectedSpace'
>;

/**
 * Tells whether an address or network is blocked, by which decisions, which device holds the entry, and if none does, why:
 * decisions on it and on every range around it, narrowest first. At most 128 look-ups for an address, however large the set;
 * for a range one walk over the set.
 */
export function lookUp(source: LookupSource, asked: string): PageLookup {
  const network = parseNetwork(asked);
  if (network === undefined) return { asked, blocked: false, devices: [], decisions: [] };
  const covering = [...around(network)];
  const decisions = covering.flatMap((each) => decisionsOn(source, each));
  const devices = devicesFor(decisions);
  const isDry = dryRuns(source);
  const blocked = isStopped(devices, isDry);
  const leftOut = blocked ? undefined : reasonLeftOut(source, devices, covering);
  const never = source.protectedSpace?.()?.shield(network);
  return {
    asked,
    network,
    blocked,
    devices,
    ...(leftOut !== undefined && { leftOut }),
    ...(never?.kept.length === 0 && { neverBlocked: never.reason ?? 'protected' }),
    decisions,
    ...(!isSingle(network) && { inside: inside(source, network, isDry) }),
  };
}

function decisionsOn({ set, clock, holders }: LookupSource, network: Network): readonly PageFound[] {
  const found = set.decisionsOn(network);
  if (found.length === 0) return [];
  const devices = holders?.(network) ?? [];
  return found.map(({ id, origin, scenario, expiresAt }) => ({
    network,
    id,
    origin,
    scenario,
    expiresAt: wallOf(clock, expiresAt),
    devices,
  }));
}

/** A device stops an address by any entry that covers it; if it has none, its reason for the narrowest counts. */
function devicesFor(decisions: readonly PageFound[]): readonly PageHolder[] {
  const all = new Map<string, PageHolder>();
  for (const device of decisions.flatMap((decision) => decision.devices)) {
    if (!all.has(device.name) || device.holds) all.set(device.name, device);
  }
  return [...all.values()];
}

function dryRuns({ status }: LookupSource): (device: PageHolder) => boolean {
  const names = new Set(status().targets.flatMap(({ name, state }) => (state === 'dry-run' ? [name] : [])));
  return ({ name }) => names.has(name);
}

function isStopped(devices: readonly PageHolder[], isDry: (device: PageHolder) => boolean): boolean {
  const written = devices.filter((device) => !isDry(device));
  return written.length > 0 && written.every(({ holds }) => holds);
}

function reasonLeftOut(
  { skippedValues }: LookupSource,
  devices: readonly PageHolder[],
  covering: readonly Network[],
): string | undefined {
  const ofDevice = devices.find(({ holds, reason }) => !holds && reason !== undefined)?.reason;
  if (ofDevice !== undefined) return ofDevice;
  const wanted = new Set(covering);
  return skippedValues?.().find(({ value }) => {
    const network = parseNetwork(value);
    return network !== undefined && wanted.has(network);
  })?.reason;
}

type Inside = NonNullable<PageLookup['inside']>;

function inside(source: LookupSource, range: Network, isDry: (device: PageHolder) => boolean): Inside {
  const { set, holders } = source;
  let [decisions, networks, blocked] = [0, 0, 0];
  for (const network of networksInside(set, range)) {
    decisions += set.decisionsOn(network).length;
    networks += 1;
    if (isStopped(holders?.(network) ?? [], isDry)) blocked += 1;
  }
  return { decisions, networks, blocked };
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
