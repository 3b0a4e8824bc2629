import { isIPv4, isIPv6 } from 'node:net';
import { Address6 } from 'ip-address';
import { prefixText } from './interval.ts';
import { ipv4FromNumber, ipv4ToNumber } from './ipv4.ts';
import type { Network } from './network.ts';

/** `::ffff:0:0/96` shifted right by 32 bits: what the upper 96 bits of an IPv4-mapped address are. */
const MAPPED = 0xffffn;
/** No valid text is longer: eight groups with a dotted tail, a slash and three digits are 49 characters. */
const MAX_LENGTH = 64;

/**
 * Strict reading of one address or prefix; undefined for anything else. Accepts what `inet_pton` accepts, with an
 * optional `/prefix`, and blanks at the ends. Refuses octal and short IPv4, zones (`%eth0`), names, `/` without digits,
 * `/08`, prefixes that are too long. See `Network` for the form of what comes out.
 */
export function parseNetwork(text: string): Network | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const trimmed = text.trim();
  // Four times out of five it is a plain IPv4 address, and one that passes here is in canonical form already.
  if (isIPv4(trimmed)) return trimmed as Network;
  const slash = trimmed.indexOf('/');
  const address = slash === -1 ? trimmed : trimmed.slice(0, slash);
  const prefixDigits = slash === -1 ? undefined : trimmed.slice(slash + 1);
  if (prefixDigits !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(prefixDigits)) return undefined;
  if (isIPv4(address)) return ipv4Prefix(ipv4ToNumber(address), Number(prefixDigits ?? 32));
  // node:net lets a zone through.
  if (isIPv6(address) && !address.includes('%')) return ipv6Prefix(address, Number(prefixDigits ?? 128));
  return undefined;
}

function ipv4Prefix(address: number, prefix: number): Network | undefined {
  if (prefix > 32) return undefined;
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  const masked = ipv4FromNumber((address & mask) >>> 0);
  return (prefix === 32 ? masked : `${masked}/${prefix}`) as Network;
}

function ipv6Prefix(address: string, prefix: number): Network | undefined {
  if (prefix > 128 || !Address6.isValid(address)) return undefined;
  const value = new Address6(address).bigInt();
  if (prefix >= 96 && value >> 32n === MAPPED) return ipv4Prefix(Number(value & 0xffffffffn), prefix - 96);
  const host = BigInt(128 - prefix);
  return prefixText(6, (value >> host) << host, prefix);
}
