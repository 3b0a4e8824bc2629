import { createProtectedSpace, parseNetwork, type Network, type ProtectedSpace } from '@bouncer/stream';

/** True for a source that can never be banned: rules for it let no banned packet through. */
export type IsNeverBanned = (source: string) => boolean;

/** What of a network may be blocked by ALLOWLIST and the built-in protection, in parts. */
export type Allowed = (network: Network) => readonly Network[];

/** The space that no ban reaches, whatever LAPI says: loopback, private networks unless they may be blocked, ALLOWLIST. */
export function allowedBy(allowlist: readonly Network[], blockPrivateNetworks: boolean): Allowed {
  const space = spaceOf(allowlist, blockPrivateNetworks);
  return (network) => space().shield(network).kept;
}

/** Sources that no ban reaches. */
export function neverBanned(allowlist: readonly Network[], blockPrivateNetworks: boolean): IsNeverBanned {
  const space = spaceOf(allowlist, blockPrivateNetworks);
  return (source) => {
    const network = parseNetwork(source);
    return network !== undefined && space().isClosed(network);
  };
}

/** Built at the first question: most processes never ask. */
function spaceOf(allowlist: readonly Network[], blockPrivateNetworks: boolean): () => ProtectedSpace {
  let space: ProtectedSpace | undefined;
  return () => (space ??= createProtectedSpace({ allowlist, addresses: [], blockPrivateNetworks }));
}
