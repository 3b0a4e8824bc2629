/** One address or network as pf keeps it. */
export interface Prefix {
  readonly family: 4 | 6;
  readonly value: bigint;
  readonly bits: number;
  /** As `pfctl -T show` prints it, without the three blanks. Also its key. */
  readonly text: string;
}

/** What pfctl says about a token that it cannot take. */
export class TokenError extends Error {}

const WIDTH = { 4: 32, 6: 128 } as const;

/** The address part of pfctl's `host()`: IPv4 (short only with a mask), IPv6; names are never looked up here. */
export function parsePrefix(token: string): Prefix {
  const slash = token.lastIndexOf('/');
  const mask = slash < 0 ? undefined : parseMask(token.slice(slash));
  const host = slash < 0 ? token : token.slice(0, slash);
  const four = parseIpv4(host, mask !== undefined);
  const six = four === undefined && host.includes(':') ? parseIpv6(host) : undefined;
  const value = four ?? six;
  if (value === undefined) throw new TokenError(`no IP address found for ${token}`);
  const family = four === undefined ? 6 : 4;
  const width = WIDTH[family];
  const bits = mask ?? width;
  if (bits > width) throw new TokenError(`invalid netmask '${token.slice(slash)}'`);
  const shift = BigInt(width - bits);
  const masked = (value >> shift) << shift;
  const address = family === 4 ? printIpv4(masked) : printIpv6(masked);
  return { family, value: masked, bits, text: bits === width ? address : `${address}/${bits}` };
}

/** IPv4 in numeric order, then IPv6; the wider network first. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return a.bits - b.bits;
}

/** True when `outer` holds all of `inner`. */
export function contains(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false;
  const shift = BigInt(WIDTH[outer.family] - outer.bits);
  return outer.value >> shift === inner.value >> shift;
}

function parseMask(text: string): number {
  const digits = text.slice(1);
  if (!/^\d{1,3}$/.test(digits) || Number(digits) > 128) throw new TokenError(`invalid netmask '${text}'`);
  return Number(digits);
}

function parseIpv4(host: string, short: boolean): bigint | undefined {
  const parts = host.split('.');
  if (parts.length > 4 || (parts.length < 4 && !short)) return undefined;
  if (parts.some((part) => !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255)) return undefined;
  const octets = [...parts, '0', '0', '0'].slice(0, 4);
  return BigInt(octets.reduce((sum, octet) => sum * 256 + Number(octet), 0));
}

function parseIpv6(text: string): bigint | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const last = dotted ? parseIpv4(dotted[2] ?? '', false) : 0n;
  if (last === undefined) return undefined;
  const host = dotted ? `${dotted[1] ?? ''}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}` : text;
  const halves = host.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const [head = [], tail = []] = groups;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail];
  if (all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return BigInt(`0x${all.map((group) => group.padStart(4, '0')).join('')}`);
}

function printIpv4(value: bigint): string {
  const number = Number(value);
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
}

function printIpv6(value: bigint): string {
  const hex = value.toString(16).padStart(32, '0');
  const groups = (hex.match(/.{4}/g) ?? []).map((group) => parseInt(group, 16).toString(16));
  const text = groups.join(':');
  const runs = text.match(/(?:^|(?<=:))0(?::0)+(?=:|$)/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  const at = text.search(new RegExp(`(?:^|(?<=:))${longest}(?=:|$)`));
  const before = text.slice(0, at).replace(/:$/, '');
  const after = text.slice(at + longest.length).replace(/^:/, '');
  return `${before}::${after}`;
}
