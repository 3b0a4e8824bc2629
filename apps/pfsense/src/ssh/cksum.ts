const POLYNOMIAL = 0x04c11db7;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x80000000 ? POLYNOMIAL : 0);
  return crc >>> 0;
});

/** What a byte becomes once so many more bytes of zero have followed it: four bytes are taken at a time, a list has millions. */
const ahead = [table, table, table, table].map((_, zeros) =>
  table.map((value) => {
    let crc = value;
    for (let count = 0; count < zeros; count += 1) crc = (crc << 8) ^ (table[crc >>> 24] ?? 0);
    return crc >>> 0;
  }),
) as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

/** A list is asked about when it is sent and when it is saved. */
const known = new WeakMap<Uint8Array, string>();

/**
 * Checksum and length as POSIX `cksum` prints them for its standard input: `4294967295 0` for nothing. It is the one
 * checksum that FreeBSD, Linux and every shell agree on; it guards against truncation, SSH itself against forgery.
 * The bytes must not change afterwards.
 */
export function cksum(bytes: Uint8Array): string {
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const [none, one, two, three] = ahead;
  const whole = bytes.length - (bytes.length % 4);
  const at = (values: Uint32Array, byte: number): number => values[byte & 0xff] ?? 0;
  let crc = 0;
  for (let index = 0; index < whole; index += 4) {
    crc ^=
      ((bytes[index] ?? 0) << 24) |
      ((bytes[index + 1] ?? 0) << 16) |
      ((bytes[index + 2] ?? 0) << 8) |
      (bytes[index + 3] ?? 0);
    crc = at(three, crc >>> 24) ^ at(two, crc >>> 16) ^ at(one, crc >>> 8) ^ at(none, crc);
  }
  const step = (byte: number): void => {
    crc = (crc << 8) ^ at(table, (crc >>> 24) ^ byte);
  };
  for (let index = whole; index < bytes.length; index += 1) step(bytes[index] ?? 0);
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) step(length & 0xff);
  const sum = `${~crc >>> 0} ${bytes.length}`;
  known.set(bytes, sum);
  return sum;
}
