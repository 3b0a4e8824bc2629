import { crc32 } from 'node:zlib';
import type { Listed } from '@bouncer/target';
import { printableLabel } from './labels.ts';
import { HEADER_BYTES, MAGIC, NEVER, VERSION, bodyLayout } from './layout.ts';
import type { Segments } from './family.ts';
import { Scratch } from './scratch.ts';
import { buildTable } from './table.ts';
import type { EncodeOptions } from './table.ts';

/**
 * The bytes of `decisions.bin`. The same entries give the same bytes, in whatever order they come. Valid until `scratch` is
 * used again.
 */
export function encodeDecisions(entries: Listed, options: EncodeOptions, scratch = new Scratch()): Buffer {
  const { names, ipv4, ipv6, nested } = buildTable(entries, options, scratch);
  const nameBytes = Buffer.from(names.join('\n'), 'latin1');
  const trailer = Buffer.from(
    JSON.stringify(
      nested.map((entry) => [
        entry.network,
        Number.isFinite(entry.expiresAt) ? options.endOf(entry.expiresAt) : NEVER,
        printableLabel(entry),
        ...(options.isCaptcha?.(entry) === true ? ['captcha'] : []),
      ]),
    ),
  );
  const at = bodyLayout(ipv4.size, ipv6.size, nameBytes.length);
  const room = scratch.uint8('file', HEADER_BYTES + at.length + trailer.length);
  const file = Buffer.from(room.buffer, 0, room.length).fill(0);
  const body = file.subarray(HEADER_BYTES, HEADER_BYTES + at.length);

  const words = new Uint32Array(body.buffer, body.byteOffset, at.length / 4);
  if (ipv4.first instanceof Uint32Array) words.set(ipv4.first.subarray(0, ipv4.size), at.first4 / 4);
  if (ipv4.last instanceof Uint32Array) words.set(ipv4.last.subarray(0, ipv4.size), at.last4 / 4);
  setEnds(words, body, ipv4, at.end4, at.class4);
  for (let index = 0; index < ipv6.size; index++) {
    setAddress(words, at.first6 / 4 + index * 4, ipv6.first[index] ?? 0n);
    setAddress(words, at.last6 / 4 + index * 4, ipv6.last[index] ?? 0n);
  }
  setEnds(words, body, ipv6, at.end6, at.class6);
  body.set(nameBytes, at.name);
  trailer.copy(file, HEADER_BYTES + at.length);

  file.write(MAGIC, 'latin1');
  const fields = [
    VERSION,
    ipv4.size,
    ipv6.size,
    nameBytes.length,
    at.length,
    crc32(body),
    trailer.length,
    crc32(trailer),
  ];
  fields.forEach((value, index) => file.writeUInt32LE(value, 8 + index * 4));
  file.writeUInt32LE(crc32(file.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4);
  return file;
}

function setEnds(
  words: Uint32Array,
  body: Uint8Array,
  { size, end, class: kind }: Segments<number> | Segments<bigint>,
  endAt: number,
  classAt: number,
): void {
  words.set(end.subarray(0, size), endAt / 4);
  body.set(kind.subarray(0, size), classAt);
}

function setAddress(words: Uint32Array, at: number, address: bigint): void {
  words[at] = Number(address >> 96n);
  words[at + 1] = Number((address >> 64n) & 0xffffffffn);
  words[at + 2] = Number((address >> 32n) & 0xffffffffn);
  words[at + 3] = Number(address & 0xffffffffn);
}
