import { crc32 } from 'node:zlib';
import { fromInterval, ipv4FromNumber, parseNetwork, type Network } from '@bouncer/stream';
import { CAPTCHA_BIT, HEADER_BYTES, MAGIC, NESTED_BIT, ORIGIN_MASK, VERSION, bodyLayout } from './layout.ts';

/** One network as the file holds it. */
export interface StoredEntry {
  readonly network: Network;
  /** Second of the wall clock; 2^32 - 1 for none. */
  readonly end: number;
  /** Label of the origin. */
  readonly label: string;
  readonly isCaptcha: boolean;
}

/** The networks that a `decisions.bin` was made of; undefined when it is not one, or not a whole one. */
export function decodeDecisions(file: Buffer): Iterable<StoredEntry> | undefined {
  if (file.length < HEADER_BYTES || file.toString('latin1', 0, 8) !== MAGIC) return undefined;
  const field = (index: number): number => file.readUInt32LE(8 + index * 4);
  if (field(0) !== VERSION || crc32(file.subarray(0, HEADER_BYTES - 4)) !== file.readUInt32LE(HEADER_BYTES - 4))
    return undefined;
  const [ipv4, ipv6, names, bodyBytes, trailerBytes] = [field(1), field(2), field(3), field(4), field(6)];
  const at = bodyLayout(ipv4, ipv6, names);
  if (at.length !== bodyBytes || file.length !== HEADER_BYTES + bodyBytes + trailerBytes) return undefined;
  const body = file.subarray(HEADER_BYTES, HEADER_BYTES + bodyBytes);
  const trailer = file.subarray(HEADER_BYTES + bodyBytes);
  if (crc32(body) !== field(5) || crc32(trailer) !== field(7)) return undefined;

  return storedEntries(body, trailer, { ipv4, ipv6, names });
}

/** One by one: a list of 100,000 as an array would be 10 MB for a moment. */
function* storedEntries(
  body: Buffer,
  trailer: Buffer,
  { ipv4, ipv6, names }: { readonly ipv4: number; readonly ipv6: number; readonly names: number },
): Generator<StoredEntry> {
  const at = bodyLayout(ipv4, ipv6, names);
  const labels = body.toString('latin1', at.name, at.name + names).split('\n');
  const word = (from: number, index: number): number => body.readUInt32LE(from + index * 4);
  const entry = (kind: number, network: Network, end: number): StoredEntry => ({
    network,
    end,
    label: labels[kind & ORIGIN_MASK] ?? '',
    isCaptcha: (kind & CAPTCHA_BIT) !== 0,
  });
  yield* nestedEntries(trailer);
  for (let index = 0; index < ipv4; index++) {
    const kind = body[at.class4 + index] ?? 0;
    if ((kind & NESTED_BIT) !== 0) continue;
    const [first, last] = [word(at.first4, index), word(at.last4, index)];
    const text = ipv4FromNumber(first);
    const network = first === last ? text : `${text}/${32 - Math.log2(last - first + 1)}`;
    yield entry(kind, flat(network) as Network, word(at.end4, index));
  }
  for (let index = 0; index < ipv6; index++) {
    const kind = body[at.class6 + index] ?? 0;
    if ((kind & NESTED_BIT) !== 0) continue;
    const [first, last] = [address(body, at.first6 + index * 16), address(body, at.last6 + index * 16)];
    const [network] = fromInterval({ family: 6, first, last });
    if (network !== undefined) yield entry(kind, network, word(at.end6, index));
  }
}

/** The same text in one piece: V8 keeps the parts that it was put together from, which is as much again. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function address(body: Buffer, at: number): bigint {
  let value = 0n;
  for (let word = 0; word < 4; word++) value = (value << 32n) | BigInt(body.readUInt32LE(at + word * 4));
  return value;
}

function nestedEntries(trailer: Buffer): StoredEntry[] {
  const rows: unknown = JSON.parse(trailer.toString());
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown): StoredEntry[] => {
    if (!Array.isArray(row)) return [];
    const [text, end, label, type] = row as unknown[];
    if (typeof text !== 'string' || typeof end !== 'number' || typeof label !== 'string') return [];
    const network = parseNetwork(text);
    return network === undefined ? [] : [{ network, end, label, isCaptcha: type === 'captcha' }];
  });
}
