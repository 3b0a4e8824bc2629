import { lookup as dnsLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createProtectedSpace, messageOf, parseNetwork, withTimeout } from '@bouncer/stream';
import type { Clock, Network, ProtectedSpace } from '@bouncer/stream';
import type { Logger } from '@bouncer/target';

/** A resolver that does not answer must not hold up the protection. */
const lookupTimeoutMs = 5000;

export interface ProtectionOptions {
  readonly allowlist: readonly Network[];
  readonly blockPrivateNetworks: boolean;
  /** LAPI's and the devices' hosts: names or addresses. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** All addresses of a name; the system's resolver but in tests. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  /** Our own addresses; those of the machine's interfaces but in tests. */
  readonly ownAddresses?: () => readonly string[];
}

/**
 * The source of the space that must never be blocked. Each call resolves the names again; a name that cannot be resolved
 * keeps the addresses it last had, so the call never rejects and takes at most five seconds.
 */
export function createProtection(options: ProtectionOptions): () => Promise<ProtectedSpace> {
  const { allowlist, blockPrivateNetworks, lookup = resolve, ownAddresses = interfaceAddresses, clock, log } = options;
  const hosts = [...new Set(options.hosts)];
  const known = new Map<string, readonly string[]>();
  for (const host of hosts) if (isIP(host) !== 0) known.set(host, [host]);

  async function refresh(host: string): Promise<void> {
    try {
      const late = (): Error => new Error('no answer in time');
      const addresses = await withTimeout(() => lookup(host), lookupTimeoutMs, clock, undefined, late);
      if (addresses.length > 0) known.set(host, addresses);
    } catch (error) {
      log.warn({ host, error: messageOf(error) }, 'a host that must never be blocked cannot be resolved');
    }
  }

  return async () => {
    await Promise.all(hosts.filter((host) => isIP(host) === 0).map(refresh));
    const texts = [...known.values(), ownAddresses()].flat();
    const addresses = texts.map((text) => parseNetwork(withoutZone(text))).filter((network) => network !== undefined);
    return createProtectedSpace({ allowlist, addresses, blockPrivateNetworks });
  };
}

async function resolve(host: string): Promise<readonly string[]> {
  const found = await dnsLookup(host, { all: true });
  return found.map(({ address }) => address);
}

function interfaceAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

function withoutZone(address: string): string {
  return address.split('%')[0] ?? address;
}
