import { ipv4ToNumber, toInterval, type Entry } from '@bouncer/stream';
import { cut, type Family, type Segments } from './family.ts';
import { Labels } from './labels.ts';
import { CAPTCHA_BIT, NEVER } from './layout.ts';

/** What to encode, beside the entries. */
export interface EncodeOptions {
  /** Wall-clock second of an instant. */
  readonly endOf: (expiresAt: number) => number;
  /** True when the entry asks for a captcha instead of a ban. */
  readonly isCaptcha?: (entry: Entry) => boolean;
}

/** Entries whose number is known beforehand. */
export interface EntryCollection extends Iterable<Entry> {
  readonly size: number;
}

/** Both families cut into segments, the names of origins, and the networks that segments do not tell. */
export interface Table {
  readonly names: readonly string[];
  readonly ipv4: Segments<number>;
  readonly ipv6: Segments<bigint>;
  readonly nested: readonly Entry[];
}

/** Cuts entries into segments. O(n log n). */
export function buildTable(entries: EntryCollection, { endOf, isCaptcha }: EncodeOptions): Table {
  const { size } = entries;
  const ipv4 = emptyFamily<number>(size, new Uint32Array(size), new Uint32Array(size));
  const ipv6 = emptyFamily<bigint>(size, [], []);
  const labels = new Labels();
  const numbers = { 4: new Uint32Array(size), 6: new Uint32Array(size) };
  for (const entry of entries) {
    const { network, expiresAt } = entry;
    const is6 = network.includes(':');
    const family = is6 ? ipv6 : ipv4;
    const index = family.entries.push(entry) - 1;
    family.end[index] = Number.isFinite(expiresAt) ? Math.max(0, Math.min(NEVER - 1, endOf(expiresAt))) : NEVER;
    family.class[index] = isCaptcha?.(entry) === true ? CAPTCHA_BIT : 0;
    numbers[is6 ? 6 : 4][index] = labels.numberOf(entry);
    if (is6) {
      const { first, last } = toInterval(network);
      ipv6.first[index] = first;
      ipv6.last[index] = last;
    } else {
      const slash = network.indexOf('/');
      const first = ipv4ToNumber(slash === -1 ? network : network.slice(0, slash));
      ipv4.first[index] = first;
      ipv4.last[index] = slash === -1 ? first : first + 2 ** (32 - Number(network.slice(slash + 1))) - 1;
    }
  }
  const { names, indexes } = labels.settle();
  name(ipv4, numbers[4], indexes);
  name(ipv6, numbers[6], indexes);
  const nested: Entry[] = [];
  const [steps4, steps6] = [
    { order: orderOf4(ipv4), before: (address: number) => address - 1, after: (address: number) => address + 1 },
    { order: orderOf6(ipv6), before: (address: bigint) => address - 1n, after: (address: bigint) => address + 1n },
  ];
  const most = 2 * ipv4.entries.length;
  const out4 = { first: new Uint32Array(most), last: new Uint32Array(most) };
  return {
    names,
    ipv4: cut<number>(ipv4, steps4, out4, nested),
    ipv6: cut<bigint>(ipv6, steps6, { first: [], last: [] }, nested),
    nested,
  };
}

function emptyFamily<T>(size: number, first: Family<T>['first'], last: Family<T>['last']): Family<T> {
  return { entries: [], first, last, end: new Uint32Array(size), class: new Uint8Array(size) };
}

/** Puts the index of the name into each class, once names are sorted. */
function name(family: Family<number> | Family<bigint>, numbers: Uint32Array, indexes: Uint8Array): void {
  for (let index = 0; index < family.entries.length; index++) {
    family.class[index] = (family.class[index] ?? 0) | (indexes[numbers[index] ?? 0] ?? 0);
  }
}

/** Sorts as numbers of 64 bits, which takes no comparison function: first address, then width, then index. */
function orderOf4({ entries, first, last }: Family<number>): Uint32Array {
  const keys = new BigUint64Array(entries.length);
  const words = new Uint32Array(keys.buffer);
  for (let index = 0; index < entries.length; index++) {
    const address = first[index] ?? 0;
    const width = (last[index] ?? 0) - address;
    words[2 * index] = ((width === 0 ? 32 : 32 - Math.log2(width + 1)) << 26) | index;
    words[2 * index + 1] = address;
  }
  keys.sort();
  const order = new Uint32Array(entries.length);
  for (let index = 0; index < order.length; index++) order[index] = (words[2 * index] ?? 0) & 0x3ffffff;
  return order;
}

function orderOf6({ entries, first, last }: Family<bigint>): number[] {
  return entries
    .map((_, index) => index)
    .sort((a, b) => {
      const [x = 0n, y = 0n] = [first[a], first[b]];
      if (x !== y) return x < y ? -1 : 1;
      return (last[a] ?? 0n) > (last[b] ?? 0n) ? -1 : 1;
    });
}
