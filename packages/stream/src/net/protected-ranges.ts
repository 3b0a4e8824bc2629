/** Why an address is never blocked. Static words, fit for a metric label. */
export type ProtectedReason =
  | 'unspecified'
  | 'loopback'
  | 'multicast'
  | 'broadcast'
  | 'private'
  | 'link-local'
  | 'allowlist'
  | 'own address'
  | 'too wide';

/** Ranges that no setting opens (contract, section 5). Documentation ranges are not among them: they are as good as any. */
export const ALWAYS_PROTECTED: readonly (readonly [string, ProtectedReason])[] = [
  // RFC 1122 3.2.1.3: all of 0/8 is "this host on this network"; some systems route 0.x.y.z to themselves.
  ['0.0.0.0/8', 'unspecified'],
  ['::', 'unspecified'],
  ['127.0.0.0/8', 'loopback'],
  ['::1', 'loopback'],
  ['224.0.0.0/4', 'multicast'],
  ['ff00::/8', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  // All of IPv4, as a dual-stack socket shows it (RFC 4291 2.5.5.2). A ban of it or in it is one of IPv4 and was folded
  // before; what is cut out here is the hole in wider ranges.
  ['::ffff:0:0/96', 'too wide'],
];

/** Ranges that BLOCK_PRIVATE_NETWORKS opens: RFC 1918, RFC 6598, RFC 3927, RFC 4291, RFC 4193. */
export const PRIVATE_RANGES: readonly (readonly [string, ProtectedReason])[] = [
  ['10.0.0.0/8', 'private'],
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['100.64.0.0/10', 'private'],
  ['169.254.0.0/16', 'link-local'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link-local'],
];

/** The same as text, IPv4 first: what never comes from the Internet. */
export const privateNetworks: readonly string[] = PRIVATE_RANGES.map(([network]) => network);

/** The shortest prefix that may be blocked: a ban of more than this is a mistake, or an attack on the user. */
export const WIDEST_PREFIX = { 4: 8, 6: 19 } as const;
