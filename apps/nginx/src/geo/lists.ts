import type { Listed, RenderedFile } from '@bouncer/target';
import { fromInterval, ipv4FromNumber } from '@bouncer/stream';
import type { Segments } from '../decisions/family.ts';
import type { Scratch } from '../decisions/scratch.ts';
import { buildTable } from '../decisions/table.ts';

/** NGINX takes 255.255.255.255 for a slip of writing, and with it refuses the whole list. No client has it. */
const UNWRITABLE = 0xffff_ffff;

/** Names of the two lists, for the files that include them. */
export const RANGES_FILE = 'crowdsec-ipv4.ranges';
export const PREFIXES_FILE = 'crowdsec-ipv6.prefixes';

/**
 * The lists as NGINX's geo takes them: IPv4 as sorted ranges, which it searches like a phone book; IPv6 as prefixes,
 * since its ranges know no IPv6. Neighbours are joined. Only digits, dots and colons of our own making get in.
 */
export function listFiles(entries: Listed, scratch: Scratch): RenderedFile[] {
  const { ipv4, ipv6 } = buildTable(entries, { endOf: () => 0 }, scratch);
  const ranges: string[] = [];
  for (const [first, last] of joined(ipv4, (address) => address + 1)) {
    const end = last === UNWRITABLE ? last - 1 : last;
    if (first <= end) ranges.push(`${ipv4FromNumber(first)}-${ipv4FromNumber(end)} 1;\n`);
  }
  const prefixes: string[] = [];
  for (const [first, last] of joined(ipv6, (address) => address + 1n)) {
    for (const network of fromInterval({ family: 6, first, last })) prefixes.push(`${network} 1;\n`);
  }
  return [
    { path: RANGES_FILE, bytes: Buffer.from(ranges.join('')), reload: true },
    { path: PREFIXES_FILE, bytes: Buffer.from(prefixes.join('')), reload: true },
  ];
}

function* joined<T extends number | bigint>(
  { size, first, last }: Segments<T>,
  after: (address: T) => T,
): Iterable<[T, T]> {
  let current: [T, T] | undefined;
  for (let index = 0; index < size; index++) {
    const from: T | undefined = first[index];
    const to: T | undefined = last[index];
    if (from === undefined || to === undefined) continue;
    if (current && after(current[1]) === from) current[1] = to;
    else {
      if (current) yield current;
      current = [from, to];
    }
  }
  if (current) yield current;
}
