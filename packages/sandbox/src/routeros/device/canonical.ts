import { traps } from '../protocol/trap.ts';
import { printV4, printV6, readV4, readV6 } from './ip-text.ts';

/** What the `address` of an entry turned out to be, in the router's own print. */
export interface CanonicalAddress {
  readonly kind: 'address' | 'name';
  readonly text: string;
}

const DNS_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?$/;

/**
 * IPv4 menu: host bits masked, `/32` shown bare, a range that is one prefix becomes that prefix. Whatever is no address
 * but could be a name becomes a DNS-name entry without any error (`203.0.113.1-254` does). Throws the router's trap.
 */
export function canonicalV4(text: string): CanonicalAddress {
  const address = prefixV4(text) ?? rangeV4(text);
  if (address !== undefined) return { kind: 'address', text: address };
  if (!DNS_NAME.test(text)) throw traps.notADnsName(text);
  return { kind: 'name', text };
}

/** IPv6 menu: host bits masked, a single address shown with `/128`; ranges and junk are refused. Throws the router's trap. */
export function canonicalV6(text: string): CanonicalAddress {
  const [base = '', bits, ...more] = text.split('/');
  const value = readV6(base);
  const length = readLength(bits, 128);
  if (value === undefined || length === undefined || more.length > 0) throw traps.notADnsName(text);
  return { kind: 'address', text: `${printV6(mask(value, length, 128))}/${length}` };
}

function prefixV4(text: string): string | undefined {
  const [base = '', bits, ...more] = text.split('/');
  const value = readV4(base);
  const length = readLength(bits, 32);
  if (value === undefined || length === undefined || more.length > 0) return undefined;
  return showV4(mask(value, length, 32), length);
}

function rangeV4(text: string): string | undefined {
  const [from = '', to = '', ...more] = text.split('-');
  const first = readV4(from);
  const last = readV4(to);
  if (first === undefined || last === undefined || more.length > 0 || first > last) return undefined;
  for (let length = 0; length <= 32; length += 1) {
    const size = 1n << BigInt(32 - length);
    if (last - first + 1n === size && first % size === 0n) return showV4(first, length);
  }
  return `${printV4(first)}-${printV4(last)}`;
}

function showV4(value: bigint, length: number): string {
  return length === 32 ? printV4(value) : `${printV4(value)}/${length}`;
}

function readLength(bits: string | undefined, max: number): number | undefined {
  if (bits === undefined) return max;
  if (!/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > max) return undefined;
  return Number(bits);
}

function mask(value: bigint, length: number, max: number): bigint {
  const hostBits = BigInt(max - length);
  return (value >> hostBits) << hostBits;
}
