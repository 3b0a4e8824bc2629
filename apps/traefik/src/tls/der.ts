/** The few forms of DER (X.690) that a certificate is made of: a tag, a length, and what is in it. */
function item(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length, ...bytes), content]);
}

/** Prints DER. */
export const der = {
  sequence: (...parts: readonly Uint8Array[]): Buffer => item(0x30, ...parts),
  set: (...parts: readonly Uint8Array[]): Buffer => item(0x31, ...parts),
  /** A positive number, by its bytes. */
  integer: (bytes: Uint8Array): Buffer => item(0x02, (bytes[0] ?? 0) > 0x7f ? Buffer.of(0) : Buffer.alloc(0), bytes),
  bits: (bytes: Uint8Array): Buffer => item(0x03, Buffer.of(0), bytes),
  octets: (bytes: Uint8Array): Buffer => item(0x04, bytes),
  text: (text: string): Buffer => item(0x0c, Buffer.from(text)),
  true: Buffer.of(0x01, 0x01, 0xff),
  /** `2.5.29.17` */
  oid(dotted: string): Buffer {
    const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
    return item(0x06, Buffer.of(first * 40 + second), ...rest.map(base128));
  },
  /** To the second, until 2049. */
  time(date: Date): Buffer {
    return item(0x17, Buffer.from(date.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '') + 'Z'));
  },
  /** `[number]` of a context; constructed when it holds other items. */
  context: (number: number, isConstructed: boolean, ...parts: readonly Uint8Array[]): Buffer =>
    item((isConstructed ? 0xa0 : 0x80) | number, ...parts),
};

function base128(value: number): Buffer {
  const bytes = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80);
  return Buffer.from(bytes);
}
