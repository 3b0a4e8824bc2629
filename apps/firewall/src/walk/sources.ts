import { createProtectedSpace, parseNetwork, type Network, type ProtectedSpace } from '@bouncer/stream';

/** True for a source that can never be banned: rules for it let no banned packet through. */
export type IsNeverBanned = (source: string) => boolean;

/** Sources that no ban reaches, whatever LAPI says: loopback, private networks unless they may be blocked, ALLOWLIST. */
export function neverBanned(allowlist: readonly Network[], blockPrivateNetworks: boolean): IsNeverBanned {
  // Built at the first question: most processes never ask.
  let space: ProtectedSpace | undefined;
  return (source) => {
    const network = parseNetwork(source);
    space ??= createProtectedSpace({ allowlist, addresses: [], blockPrivateNetworks });
    return network !== undefined && space.shield(network).kept.length === 0;
  };
}
