import { Address6 } from 'ip-address';
import { ipv4FromNumber, ipv4ToNumber } from './ipv4.ts';
import { ipv6ToBigint } from './ipv6.ts';
import { familyOf } from './network.ts';
import type { Family, Network } from './network.ts';

/** All addresses from `first` to `last`, both included. */
export interface Interval {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** Bits of an address. */
function bitsOf(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128;
}

/** The interval that a network covers. */
export function toInterval(network: Network): Interval {
  const family = familyOf(network);
  const slash = network.indexOf('/');
  const address = slash === -1 ? network : network.slice(0, slash);
  const first = family === 4 ? BigInt(ipv4ToNumber(address)) : ipv6ToBigint(address);
  const prefix = slash === -1 ? bitsOf(family) : Number(network.slice(slash + 1));
  return { family, first, last: first + (1n << BigInt(bitsOf(family) - prefix)) - 1n };
}

/** Canonical text of a prefix whose host bits are zero already. */
export function prefixText(family: Family, first: bigint, prefix: number): Network {
  const address = family === 4 ? ipv4FromNumber(Number(first)) : Address6.fromBigInt(first).correctForm();
  return (prefix === bitsOf(family) ? address : `${address}/${prefix}`) as Network;
}

/** The fewest networks that cover exactly this interval, in ascending order. */
export function fromInterval(interval: Interval): Network[] {
  const { family, last } = interval;
  const bits = bitsOf(family);
  const networks: Network[] = [];
  let first = interval.first;
  while (first <= last) {
    let host = 0;
    while (host < bits && (first & (1n << BigInt(host))) === 0n && first + (1n << BigInt(host + 1)) - 1n <= last)
      host++;
    networks.push(prefixText(family, first, bits - host));
    first += 1n << BigInt(host);
  }
  return networks;
}

function compare(a: Interval, b: Interval): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return 0;
}

/** The same addresses as sorted, disjoint intervals with a gap between any two; IPv4 before IPv6. */
export function mergeIntervals(intervals: Iterable<Interval>): Interval[] {
  const merged: Interval[] = [];
  for (const interval of [...intervals].sort(compare)) {
    const previous = merged.at(-1);
    if (previous?.family !== interval.family || interval.first > previous.last + 1n) {
      merged.push(interval);
    } else if (interval.last > previous.last) {
      merged[merged.length - 1] = { ...previous, last: interval.last };
    }
  }
  return merged;
}

/** What is left of `from` without the addresses of `remove`: sorted and disjoint. */
export function subtractIntervals(from: Iterable<Interval>, remove: Iterable<Interval>): Interval[] {
  const holes = mergeIntervals(remove);
  const left: Interval[] = [];
  for (const interval of mergeIntervals(from)) {
    let first = interval.first;
    for (const hole of holes) {
      if (hole.family !== interval.family || hole.last < first || hole.first > interval.last) continue;
      if (hole.first > first) left.push({ family: interval.family, first, last: hole.first - 1n });
      first = hole.last + 1n;
    }
    if (first <= interval.last) left.push({ family: interval.family, first, last: interval.last });
  }
  return left;
}
