import { fromInterval, mergeIntervals, subtractIntervals, toInterval } from './interval.ts';
import type { Interval } from './interval.ts';
import { ipv4ToNumber } from './ipv4.ts';
import { familyOf, isSingle } from './network.ts';
import type { Network } from './network.ts';
import { ALWAYS_PROTECTED, PRIVATE_RANGES, WIDEST_PREFIX } from './protected-ranges.ts';
import type { ProtectedReason } from './protected-ranges.ts';

/** What is left of a network once the addresses that must never be blocked are out. */
export interface Shielded {
  /** The network itself when nothing of it is protected; nothing when all is; else the fewest networks around the holes. */
  readonly kept: readonly Network[];
  /** The first reason found; absent when the network was left as it is. */
  readonly reason?: ProtectedReason;
}

/** The addresses that are never blocked, whatever LAPI says. */
export interface ProtectedSpace {
  shield(network: Network): Shielded;
  /** True when nothing in a network is ever blocked, however wide it is: what comes from there can be no banned packet. */
  isClosed(network: Network): boolean;
  /** The same with more that is never blocked. */
  plus(allowlist: readonly Network[]): ProtectedSpace;
}

export interface ProtectedSpaceOptions {
  /** The user's ALLOWLIST. */
  readonly allowlist: readonly Network[];
  /** LAPI's, the device's and our own addresses. */
  readonly addresses: readonly Network[];
  /** True opens RFC 1918, CGNAT, ULA and link-local space. */
  readonly blockPrivateNetworks: boolean;
}

/** Builds the space once; `shield` then costs a binary search for a single address. */
export function createProtectedSpace(options: ProtectedSpaceOptions): ProtectedSpace {
  const reasons: Reasoned[] = [];
  const add = (text: string, reason: ProtectedReason) => reasons.push({ ...toInterval(text as Network), reason });
  for (const [text, reason] of ALWAYS_PROTECTED) add(text, reason);
  if (!options.blockPrivateNetworks) for (const [text, reason] of PRIVATE_RANGES) add(text, reason);
  for (const network of options.addresses) add(network, 'own address');
  for (const network of options.allowlist) add(network, 'allowlist');

  const merged = mergeIntervals(reasons);
  const ipv6 = merged.filter((interval) => interval.family === 6);
  const ipv4 = merged.filter((interval) => interval.family === 4);
  const ipv4First = ipv4.map((interval) => Number(interval.first));
  const ipv4Last = ipv4.map((interval) => Number(interval.last));
  const ipv6First = ipv6.map((interval) => interval.first);
  const ipv6Last = ipv6.map((interval) => interval.last);

  function holesIn({ family, first, last }: Interval): readonly Interval[] {
    return (family === 4 ? ipv4 : ipv6).filter((hole) => hole.first <= last && hole.last >= first);
  }

  function shieldRange(network: Network): Shielded {
    const interval = toInterval(network);
    const { family, first, last } = interval;
    if (Number(network.slice(network.indexOf('/') + 1)) < WIDEST_PREFIX[family])
      return { kept: [], reason: 'too wide' };
    const holes = holesIn({ family, first, last });
    if (holes.length === 0) return { kept: [network] };
    return { kept: subtractIntervals([interval], holes).flatMap(fromInterval), reason: reasonOf(reasons, interval) };
  }

  return {
    shield(network) {
      if (!isSingle(network)) return shieldRange(network);
      // Bigints are ten times slower here, and nearly every decision comes this way.
      const covered =
        familyOf(network) === 4
          ? covers(ipv4First, ipv4Last, ipv4ToNumber(network))
          : covers(ipv6First, ipv6Last, toInterval(network).first);
      return covered ? { kept: [], reason: reasonOf(reasons, toInterval(network)) } : { kept: [network] };
    },
    isClosed(network) {
      const interval = toInterval(network);
      return subtractIntervals([interval], holesIn(interval)).length === 0;
    },
    plus: (allowlist) => createProtectedSpace({ ...options, allowlist: [...options.allowlist, ...allowlist] }),
  };
}

interface Reasoned extends Interval {
  readonly reason: ProtectedReason;
}

function reasonOf(reasons: readonly Reasoned[], { family, first, last }: Interval): ProtectedReason {
  const found = reasons.find((range) => range.family === family && range.first <= last && range.last >= first);
  return found?.reason ?? 'allowlist';
}

/** True when one of the sorted, disjoint intervals holds the value. */
function covers<T extends number | bigint>(first: readonly T[], last: readonly T[], value: T): boolean {
  let low = 0;
  let high = first.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const start = first[middle];
    const end = last[middle];
    if (start === undefined || end === undefined) return false;
    if (value < start) high = middle - 1;
    else if (value > end) low = middle + 1;
    else return true;
  }
  return false;
}
