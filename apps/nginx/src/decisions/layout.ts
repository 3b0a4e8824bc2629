/**
 * The file `decisions.bin`, as the connector writes it and crowdsec.lua reads it. All numbers are unsigned and
 * little-endian. Everything that NGINX reads is one block, checked by one CRC-32, and is searched where it lies.
 *
 * | bytes | what |
 * |---|---|
 * | 0 | `CSBLIST` and a line break |
 * | 8 | version of the layout |
 * | 12, 16 | segments of IPv4 (n) and of IPv6 (m) |
 * | 20 | bytes of the origin names |
 * | 24, 28 | bytes and CRC-32 of the body |
 * | 32, 36 | bytes and CRC-32 of the trailer |
 * | 40 | zero |
 * | 60 | CRC-32 of the bytes before |
 * | 64 | body: IPv4 first n*4, last n*4, end n*4; IPv6 first m*16, last m*16, end m*4; class n, m; names; zeros up to a multiple of 4 |
 * | | trailer: JSON, for the connector alone: the networks that cannot be told from the segments |
 *
 * An IPv6 address is four numbers, the most significant first. Segments are sorted and disjoint. An end is a second of
 * the wall clock; the segment counts until then. Class: see below. Names are separated by line breaks.
 */
export const MAGIC = 'CSBLIST\n';
export const VERSION = 1;
export const HEADER_BYTES = 64;

/** Class: the segment asks for a captcha; otherwise it is a ban. */
export const CAPTCHA_BIT = 0x80;
/** Class: the segment is a piece of overlapping networks, which the trailer names. */
export const NESTED_BIT = 0x40;
/** Class: index of the origin's name. */
export const ORIGIN_MASK = 0x3f;
/** Names that a file can hold; further origins go by the last one, `other`. */
export const MAX_ORIGINS = 64;
/** An end that never comes. */
export const NEVER = 0xffffffff;

/** Where the parts of the body begin, and how long it is. Offsets in bytes from the beginning of the body. */
export function bodyLayout(ipv4: number, ipv6: number, names: number) {
  const last4 = ipv4 * 4;
  const end4 = ipv4 * 8;
  const first6 = ipv4 * 12;
  const last6 = first6 + ipv6 * 16;
  const end6 = last6 + ipv6 * 16;
  const class4 = end6 + ipv6 * 4;
  const class6 = class4 + ipv4;
  const name = class6 + ipv6;
  const length = Math.ceil((name + names) / 4) * 4;
  return { first4: 0, last4, end4, first6, last6, end6, class4, class6, name, length };
}
