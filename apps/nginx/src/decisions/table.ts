import { ipv4ToNumber, toInterval } from '@bouncer/stream';
import type { HeldEntry, Listed } from '@bouncer/target';
import { cut } from './family.ts';
import type { Addresses, Family, Segments } from './family.ts';
import { Labels } from './labels.ts';
import { CAPTCHA_BIT, NESTED_BIT, NEVER } from './layout.ts';
import { orderOf4, orderOf6 } from './order.ts';
import { Scratch } from './scratch.ts';

/** What to encode, beside the entries. */
export interface EncodeOptions {
  /** Wall-clock second of an instant. */
  readonly endOf: (expiresAt: number) => number;
  /** True when the entry asks for a captcha instead of a ban. */
  readonly isCaptcha?: (entry: HeldEntry) => boolean;
}

/** Both families cut into segments, the names of origins, and the networks that segments do not tell. */
export interface Table {
  readonly names: readonly string[];
  readonly ipv4: Segments<number>;
  readonly ipv6: Segments<bigint>;
  readonly nested: readonly HeldEntry[];
}

/** Turns an address of 32 bits into a number with a sign, which V8 keeps without a memory cell of its own; and back. */
const SIGN = -0x80000000;

/** Cuts entries into segments. O(n log n). The result is valid until `scratch` is used again. */
export function buildTable(entries: Listed, options: EncodeOptions, scratch = new Scratch()): Table {
  const { size } = entries;
  const ipv4 = emptyFamily('4', scratch, size, scratch.int32('first4', size), scratch.int32('last4', size));
  const ipv6 = emptyFamily<bigint>('6', scratch, size, [], []);
  const labels = new Labels();
  for (const entry of entries) {
    const { network } = entry;
    if (network.includes(':')) {
      const { first, last } = toInterval(network);
      put(ipv6, first, last, entry, labels, options);
      continue;
    }
    const slash = network.indexOf('/');
    const first = ipv4ToNumber(slash === -1 ? network : network.slice(0, slash)) ^ SIGN;
    const last = slash === -1 ? first : first + 2 ** (32 - Number(network.slice(slash + 1))) - 1;
    put(ipv4, first, last, entry, labels, options);
  }
  const { names, indexes } = labels.settle();
  for (const family of [ipv4, ipv6]) nameAll(family, indexes);

  const steps4 = {
    order: orderOf4(ipv4, scratch),
    before: (address: number) => address - 1,
    after: (address: number) => address + 1,
  };
  const steps6 = {
    order: orderOf6(ipv6),
    before: (address: bigint) => address - 1n,
    after: (address: bigint) => address + 1n,
  };
  // Each network within another adds two pieces at most.
  const out = [scratch.int32('from4', 2 * ipv4.size), scratch.int32('to4', 2 * ipv4.size)] as const;
  const cut4 = cut<number>(ipv4, steps4, { first: out[0], last: out[1] }, scratch);
  const cut6 = cut<bigint>(ipv6, steps6, { first: [], last: [] }, scratch);
  const [first, last] = out.map((signed) => unsigned(signed, cut4.size));
  return {
    names,
    ipv4: { ...cut4, first: first ?? [], last: last ?? [] },
    ipv6: cut6,
    nested: ipv4.nested + ipv6.nested === 0 ? [] : nestedOf(entries, ipv4, ipv6),
  };
}

function emptyFamily<T>(
  name: '4' | '6',
  scratch: Scratch,
  max: number,
  first: Addresses<T>,
  last: Addresses<T>,
): Family<T> {
  const [end, kind, number] = [
    scratch.uint32(`end${name}`, max),
    scratch.uint8(`class${name}`, max),
    scratch.uint32(`number${name}`, max),
  ];
  return { name, size: 0, first, last, end, class: kind, number, nested: 0 };
}

function put<T>(
  family: Family<T>,
  first: T,
  last: T,
  entry: HeldEntry,
  labels: Labels,
  { endOf, isCaptcha }: EncodeOptions,
): void {
  const index = family.size++;
  const { expiresAt } = entry;
  family.first[index] = first;
  family.last[index] = last;
  family.end[index] = Number.isFinite(expiresAt) ? Math.max(0, Math.min(NEVER - 1, endOf(expiresAt))) : NEVER;
  family.class[index] = isCaptcha?.(entry) === true ? CAPTCHA_BIT : 0;
  family.number[index] = labels.numberOf(entry);
}

/** Puts the index of the name into each class, once names are sorted. */
function nameAll({ size, class: kind, number }: Family<number> | Family<bigint>, indexes: Uint8Array): void {
  for (let index = 0; index < size; index++) {
    kind[index] = (kind[index] ?? 0) | (indexes[number[index] ?? 0] ?? 0);
  }
}

function unsigned(signed: Int32Array<ArrayBuffer>, size: number): Uint32Array {
  for (let index = 0; index < size; index++) signed[index] = (signed[index] ?? 0) ^ SIGN;
  return new Uint32Array(signed.buffer, 0, signed.length);
}

/** The entries that overlap with others, sorted, so that the same ones come in the same order. */
function nestedOf(entries: Listed, ipv4: Family<number>, ipv6: Family<bigint>): HeldEntry[] {
  const nested: HeldEntry[] = [];
  let [at4, at6] = [0, 0];
  for (const entry of entries) {
    const kind = entry.network.includes(':') ? ipv6.class[at6++] : ipv4.class[at4++];
    if (((kind ?? 0) & NESTED_BIT) !== 0) nested.push(entry);
  }
  return nested.sort((a, b) => (a.network < b.network ? -1 : 1));
}
