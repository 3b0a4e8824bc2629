import { isSingle, parseNetwork } from '@bouncer/stream';
import type { WireDecision } from '@bouncer/stream';

/** What the plugin would not enforce in stream mode, as it compares texts. */
export interface StreamLosses {
  readonly total: number;
  /** Networks, `/32` included. */
  readonly ranges: number;
  /** Addresses in another spelling than the canonical one, upper-case IPv6 for example. */
  readonly spellings: number;
  /** Scopes other than addresses (countries, AS numbers) and types other than ban and captcha. */
  readonly others: number;
}

/** Counts them in what LAPI holds. */
export async function countLosses(decisions: AsyncIterable<WireDecision>): Promise<StreamLosses> {
  const losses = { total: 0, ranges: 0, spellings: 0, others: 0 };
  for await (const { value, type } of decisions) {
    losses.total += 1;
    const network = parseNetwork(value);
    const isEnforced = type === 'ban' || type === 'captcha';
    if (network === undefined || !isEnforced) losses.others += 1;
    else if (value.includes('/') || !isSingle(network)) losses.ranges += 1;
    else if (network !== value) losses.spellings += 1;
  }
  return losses;
}

/** `12 ranges, 3 addresses in another spelling`; undefined when nothing is lost. */
export function printLosses({ ranges, spellings, others }: StreamLosses): string | undefined {
  const parts = [
    ...(ranges > 0 ? [`${ranges} ranges`] : []),
    ...(spellings > 0 ? [`${spellings} addresses in another spelling (IPv6)`] : []),
    ...(others > 0 ? [`${others} of other scopes or types`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}
