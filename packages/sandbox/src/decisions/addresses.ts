import { integer, pick } from './random.ts';
import type { Random } from './random.ts';

/**
 * First octets that hold public space from end to end: none of them touches private, shared, loopback, link-local,
 * documentation, benchmark or multicast space. They are only ever list entries; nothing is sent to them.
 */
const publicOctets: readonly number[] = Array.from({ length: 223 }, (_, index) => index + 1).filter(
  (octet) => ![10, 100, 127, 169, 172, 192, 198, 203].includes(octet),
);

/** Starts of provider space in global unicast IPv6, two groups each; none is documentation or a tunnel prefix. */
const publicPrefixes: readonly string[] = [
  '2a01:4f8',
  '2a02:c207',
  '2a03:b0c0',
  '2a0e:b107',
  '2600:1f18',
  '2604:a880',
  '2607:5300',
  '2400:6180',
  '2402:1f00',
  '2803:9800',
];

/** A public IPv4 address in canonical text. */
export function ipv4(random: Random): string {
  return [pick(random, publicOctets), integer(random, 0, 255), integer(random, 0, 255), integer(random, 1, 254)].join(
    '.',
  );
}

/** A public IPv4 range, /16 to /29, mostly /24, host bits clear. */
export function ipv4Range(random: Random): string {
  const prefix = random() < 0.6 ? 24 : integer(random, 16, 29);
  const octets = [
    pick(random, publicOctets),
    integer(random, 0, 255),
    integer(random, 0, 255),
    integer(random, 0, 255),
  ];
  const masked = octets.map(
    (octet, index) => octet & (0xff << (8 - Math.min(8, Math.max(0, prefix - index * 8)))) & 0xff,
  );
  return `${masked.join('.')}/${prefix}`;
}

/** A public IPv6 address in RFC 5952 text: a host that was given ::1, or one that chose its own last half. */
export function ipv6(random: Random): string {
  const network = `${pick(random, publicPrefixes)}:${group(random)}:${group(random)}`;
  if (random() < 0.5) return `${network}::${integer(random, 1, 0xffff).toString(16)}`;
  return [network, group(random), group(random), group(random), group(random)].join(':');
}

/** A public IPv6 range, /48 or /64, in RFC 5952 text. */
export function ipv6Range(random: Random): string {
  const site = `${pick(random, publicPrefixes)}:${group(random)}`;
  return random() < 0.5 ? `${site}::/48` : `${site}:${group(random)}::/64`;
}

/** A group that is not zero, so that the text is canonical as it stands. */
function group(random: Random): string {
  return integer(random, 1, 0xffff).toString(16);
}
