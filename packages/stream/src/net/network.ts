declare const brand: unique symbol;

/** Address family. */
export type Family = 4 | 6;

/**
 * Canonical text of one network, and its key everywhere: `203.0.113.7`, `198.51.100.0/24`, `2001:db8::1`,
 * `2001:db8::/32`. Host bits masked, no `/32` or `/128` behind a single address, IPv4-mapped IPv6 folded to IPv4,
 * IPv6 in RFC 5952 text. Only `parseNetwork` and `fromInterval` make one.
 */
export type Network = string & { readonly [brand]: never };

/** The family of a network, told by its text alone. */
export function familyOf(network: Network): Family {
  return network.includes(':') ? 6 : 4;
}

/** True for one address, false for a range. */
export function isSingle(network: Network): boolean {
  return !network.includes('/');
}
