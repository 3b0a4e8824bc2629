import { isSingle, parseNetwork } from '@bouncer/stream';
import type { Network, WireDecision } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';

/** So many are tried: the newest decisions may not have been pulled yet. */
const MAX_CANDIDATES = 3;
/** In native mode these are kept first, when not all fit. */
const local = /^(?:crowdsec|cscli)$/;

/** Addresses that are banned in LAPI now, local decisions first, and in the spelling that every mode compares. */
export async function bannedAddresses(
  { decisionTypes }: Pick<TraefikValues, 'decisionTypes'>,
  decisions: AsyncIterable<WireDecision>,
): Promise<readonly Network[]> {
  const found: { readonly local: Network[]; readonly others: Network[] } = { local: [], others: [] };
  for await (const { value, type, origin } of decisions) {
    const network = parseNetwork(value);
    if (network === undefined || network !== value || !isSingle(network)) continue;
    if (type !== 'ban' || !decisionTypes.includes(type)) continue;
    const list = local.test(origin) ? found.local : found.others;
    if (list.length < MAX_CANDIDATES) list.push(network);
  }
  return [...found.local, ...found.others].slice(0, MAX_CANDIDATES);
}
