import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

/**
 * The next hops of this machine's default routes, both families; none where the system does not tell. Whoever blocks one
 * of them may cut the machine off, or, in a container, everybody whose traffic Docker passes on in its own name.
 * Linux only: proc_net_route(5), `/proc/net/route` and `/proc/net/ipv6_route`.
 */
export function defaultGateways(read: (path: string) => string = readText): readonly string[] {
  return [...ipv4Gateways(read('/proc/net/route')), ...ipv6Gateways(read('/proc/net/ipv6_route'))];
}

/** `eth0 00000000 0101A8C0 0003 ...`: name, destination, gateway, flags, in the byte order of the machine. */
function* ipv4Gateways(text: string): Iterable<string> {
  for (const line of text.split('\n')) {
    const [, destination, gateway = ''] = line.trim().split(/\s+/);
    if (destination !== '00000000' || !/^[0-9A-F]{8}$/i.test(gateway) || gateway === '00000000') continue;
    const bytes = [...Buffer.from(gateway, 'hex')];
    yield (endianness() === 'LE' ? bytes.reverse() : bytes).join('.');
  }
}

/** Destination, its prefix, source, its prefix, next hop, ...: addresses as 32 digits in network order. */
function* ipv6Gateways(text: string): Iterable<string> {
  for (const line of text.split('\n')) {
    const [destination, prefix, , , gateway = ''] = line.trim().split(/\s+/);
    if (destination !== '0'.repeat(32) || prefix !== '00') continue;
    if (!/^[0-9a-f]{32}$/i.test(gateway) || /^0+$/.test(gateway)) continue;
    yield gateway.match(/.{4}/g)?.join(':') ?? '';
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
