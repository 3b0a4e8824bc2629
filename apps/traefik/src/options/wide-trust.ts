import { mergeIntervals, parseNetwork, toInterval } from '@bouncer/stream';
import type { Interval, Network } from '@bouncer/stream';

/** The spaces of which nobody's proxies are half: all of IPv4, all of IPv6, and the part of IPv6 that is handed out (RFC 4291). */
const spaces = ['0.0.0.0/0', '::/0', '2000::/3'].flatMap((text) => {
  const network = parseNetwork(text);
  return network === undefined ? [] : [{ text, ...toInterval(network) }];
});

/**
 * The space of which the networks, alone or together, trust half or more: then every client may name its own address, and
 * no ban holds. Undefined when they do not.
 */
export function halfTrusted(networks: readonly Network[]): string | undefined {
  const trusted = mergeIntervals(networks.map(toInterval));
  return spaces.find((space) => {
    const shared = trusted.reduce((sum, interval) => sum + overlap(interval, space), 0n);
    return shared * 2n >= space.last - space.first + 1n;
  })?.text;
}

/** The networks that are wider than any that may be banned: trusting one of them is a slip, as a rule. */
export function widerThanProxies(networks: readonly Network[]): readonly Network[] {
  const isPrivate = (network: Network): boolean => /^(?:10\.0\.0\.0\/8|f[cd][0-9a-f]*:)/.test(network);
  return networks.filter((network) => {
    const prefix = Number(network.split('/')[1] ?? 128);
    return prefix < (network.includes(':') ? 19 : 8) && !isPrivate(network);
  });
}

function overlap(a: Interval, b: Interval): bigint {
  if (a.family !== b.family) return 0n;
  const first = a.first > b.first ? a.first : b.first;
  const last = a.last < b.last ? a.last : b.last;
  return last < first ? 0n : last - first + 1n;
}
