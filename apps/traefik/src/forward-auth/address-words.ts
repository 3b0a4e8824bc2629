import { fromInterval } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';

/**
 * Addresses as four 32-bit words, read in place: the reading of a header costs no object and no copy. An IPv4 address and
 * the IPv6 form of it (`::ffff:1.2.3.4`) are the same: words 0, 0, 0xffff and the address.
 *
 * For requests only, which come by the ten thousand a second; what LAPI says is read by `parseNetwork`, and a test holds
 * the two to each other.
 */
export type Words = Uint32Array;

/** The address as the rest of the house writes it. For the few that are looked at one by one. */
export function networkOf(words: Words, length = 128): Network {
  const value = words.reduce((sum, word) => (sum << 32n) + BigInt(word), 0n);
  const family = value >> 32n === BigInt(MAPPED) ? 4 : 6;
  const first = family === 4 ? value & 0xffffffffn : value;
  const [network] = fromInterval({ family, first, last: first + (1n << BigInt(128 - length)) - 1n });
  if (network === undefined) throw new Error('one address is one network');
  return network;
}

/** Room for one address. */
export function makeWords(): Words {
  return new Uint32Array(4);
}

/** The third word of every IPv4 address; the first two are zero. */
export const MAPPED = 0xffff;

const DOT = 46;
const COLON = 58;
const groups = new Uint16Array(8);

/** Reads the address that stands in `text` from `start` up to `end`, strictly: no zone, no port. False when there is none. */
export function readAddress(text: string, start: number, end: number, into: Words): boolean {
  const length = end - start;
  if (length < 2 || length > 45) return false;
  const four = readIpv4(text, start, end);
  if (four >= 0) {
    into[0] = 0;
    into[1] = 0;
    into[2] = MAPPED;
    into[3] = four;
    return true;
  }
  return readIpv6(text, start, end, into);
}

/** 0 to 2^32 - 1, or -1. */
function readIpv4(text: string, start: number, end: number): number {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let index = start; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (octet < 0 || dots === 3) return -1;
      value = value * 256 + octet;
      octet = -1;
      dots += 1;
      continue;
    }
    const digit = code - 48;
    // A leading zero would be octal to some.
    if (digit < 0 || digit > 9 || octet === 0) return -1;
    octet = octet < 0 ? digit : octet * 10 + digit;
    if (octet > 255) return -1;
  }
  return dots === 3 && octet >= 0 ? value * 256 + octet : -1;
}

function readIpv6(text: string, start: number, end: number, into: Words): boolean {
  let count = 0;
  let gap = -1;
  let index = start;
  if (text.charCodeAt(index) === COLON) {
    if (text.charCodeAt(index + 1) !== COLON) return false;
    gap = 0;
    index += 2;
  }
  while (index < end) {
    if (count === 8) return false;
    let value = 0;
    const first = index;
    for (; index < end; index += 1) {
      const digit = hexDigit(text.charCodeAt(index));
      if (digit < 0) break;
      value = value * 16 + digit;
    }
    if (index < end && text.charCodeAt(index) === DOT) {
      const four = count <= 6 ? readIpv4(text, first, end) : -1;
      if (four < 0) return false;
      groups[count] = four >>> 16;
      groups[count + 1] = four & 0xffff;
      count += 2;
      break;
    }
    if (index === first || index - first > 4) return false;
    groups[count] = value;
    count += 1;
    if (index === end) break;
    if (text.charCodeAt(index) !== COLON) return false;
    index += 1;
    if (index === end) return false;
    if (text.charCodeAt(index) !== COLON) continue;
    if (gap >= 0) return false;
    gap = count;
    index += 1;
  }
  return spread(count, gap, into);
}

/** Puts the groups in their places, zeros where `::` stood. */
function spread(count: number, gap: number, into: Words): boolean {
  if (gap < 0 ? count !== 8 : count > 7) return false;
  const missing = 8 - count;
  for (let word = 0; word < 4; word += 1) {
    into[word] = (groupAt(word * 2, gap, missing) * 65_536 + groupAt(word * 2 + 1, gap, missing)) >>> 0;
  }
  return true;
}

function groupAt(place: number, gap: number, missing: number): number {
  if (gap < 0 || place < gap) return groups[place] ?? 0;
  return place < gap + missing ? 0 : (groups[place - missing] ?? 0);
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
