import { ipv4ToNumber, toInterval, type Entry } from '@bouncer/stream';
import { Labels } from './labels.ts';
import { CAPTCHA_BIT, NESTED_BIT, NEVER } from './layout.ts';
import { sweep } from './sweep.ts';

/** What to encode, beside the entries. */
export interface EncodeOptions {
  /** Wall-clock second of an instant. */
  endOf(expiresAt: number): number;
  /** True when the entry asks for a captcha instead of a ban. */
  isCaptcha?(entry: Entry): boolean;
}

/** Segments of one family in the order of their addresses. `size` of them; arrays are longer. */
export interface Segments<T> {
  size: number;
  readonly first: T[];
  readonly last: T[];
  readonly end: number[];
  readonly class: number[];
}

/** Both families cut into segments, the names of origins, and the networks that segments do not tell. */
export interface Table {
  readonly names: readonly string[];
  readonly ipv4: Segments<number>;
  readonly ipv6: Segments<bigint>;
  readonly nested: readonly Entry[];
}

/** One family while it is collected. */
interface Family<T> {
  readonly entries: Entry[];
  readonly first: T[];
  readonly last: T[];
}

/** Cuts entries into segments. Where networks overlap a ban outdoes a captcha, and a later end an earlier one. */
export function buildTable(entries: Iterable<Entry>, options: EncodeOptions): Table {
  const ipv4: Family<number> = { entries: [], first: [], last: [] };
  const ipv6: Family<bigint> = { entries: [], first: [], last: [] };
  const labels = new Labels();
  for (const entry of entries) {
    labels.add(entry);
    const { network } = entry;
    if (network.includes(':')) {
      const { first, last } = toInterval(network);
      ipv6.entries.push(entry);
      ipv6.first.push(first);
      ipv6.last.push(last);
      continue;
    }
    const slash = network.indexOf('/');
    const first = ipv4ToNumber(slash === -1 ? network : network.slice(0, slash));
    ipv4.entries.push(entry);
    ipv4.first.push(first);
    ipv4.last.push(slash === -1 ? first : first + 2 ** (32 - Number(network.slice(slash + 1))) - 1);
  }
  const names = labels.names();
  const classOf = (entry: Entry): number =>
    labels.indexOf(entry) | (options.isCaptcha?.(entry) === true ? CAPTCHA_BIT : 0);
  const nested: Entry[] = [];
  const four = cut(
    ipv4,
    orderOf4(ipv4),
    { before: (a) => a - 1, after: (a) => a + 1 },
    { ...options, classOf },
    nested,
  );
  const six = cut(
    ipv6,
    orderOf6(ipv6),
    { before: (a) => a - 1n, after: (a) => a + 1n },
    { ...options, classOf },
    nested,
  );
  return { names, ipv4: four, ipv6: six, nested };
}

interface Arithmetic<T> {
  before(address: T): T;
  after(address: T): T;
}

function cut<T extends number | bigint>(
  { entries, first, last }: Family<T>,
  order: ArrayLike<number>,
  { before, after }: Arithmetic<T>,
  { endOf, classOf }: EncodeOptions & { classOf(entry: Entry): number },
  nested: Entry[],
): Segments<T> {
  const ends = entries.map((entry) => (Number.isFinite(entry.expiresAt) ? clamp(endOf(entry.expiresAt)) : NEVER));
  const classes = Uint8Array.from(entries, classOf);
  const isNested = new Uint8Array(entries.length);
  const out: Segments<T> = { size: 0, first: [], last: [], end: [], class: [] };
  sweep(
    {
      order,
      first,
      last,
      before,
      after,
      nest(outer, inner) {
        isNested[outer] = isNested[inner] = 1;
        if (!outdoes(outer, inner)) return;
        ends[inner] = ends[outer] ?? 0;
        classes[inner] = classes[outer] ?? 0;
      },
    },
    (start, end, network) => {
      out.first.push(start);
      out.last.push(end);
      out.end.push(ends[network] ?? 0);
      out.class.push((classes[network] ?? 0) | (isNested[network] ? NESTED_BIT : 0));
      out.size += 1;
    },
  );
  for (let position = 0; position < order.length; position++) {
    const entry = entries[order[position] ?? 0];
    if (entry && isNested[order[position] ?? 0]) nested.push(entry);
  }
  return out;

  function outdoes(outer: number, inner: number): boolean {
    const [a = 0, b = 0] = [classes[outer], classes[inner]];
    if ((a & CAPTCHA_BIT) !== (b & CAPTCHA_BIT)) return (a & CAPTCHA_BIT) === 0;
    return (ends[outer] ?? 0) >= (ends[inner] ?? 0);
  }
}

/** Sorts as numbers of 64 bits, which takes no comparison function: first address, then width, then index. */
function orderOf4({ first, last }: Family<number>): Uint32Array {
  const keys = new BigUint64Array(first.length);
  const words = new Uint32Array(keys.buffer);
  first.forEach((address, index) => {
    words[2 * index] = ((32 - Math.log2((last[index] ?? 0) - address + 1)) << 26) | index;
    words[2 * index + 1] = address;
  });
  keys.sort();
  return Uint32Array.from({ length: first.length }, (_, index) => (words[2 * index] ?? 0) & 0x3ffffff);
}

function orderOf6({ first, last }: Family<bigint>): number[] {
  return first
    .map((_, index) => index)
    .sort((a, b) => {
      const [x = 0n, y = 0n] = [first[a], first[b]];
      if (x !== y) return x < y ? -1 : 1;
      return (last[a] ?? 0n) > (last[b] ?? 0n) ? -1 : 1;
    });
}

function clamp(end: number): number {
  return Math.max(0, Math.min(NEVER - 1, end));
}
