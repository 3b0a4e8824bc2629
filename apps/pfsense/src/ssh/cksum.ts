const POLYNOMIAL = 0x04c11db7;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc & 0x80000000 ? POLYNOMIAL : 0);
  return crc >>> 0;
});

/**
 * Checksum and length as POSIX `cksum` prints them for its standard input: `4294967295 0` for nothing. It is the one
 * checksum that FreeBSD, Linux and every shell agree on; it guards against truncation, SSH itself against forgery.
 */
export function cksum(bytes: Uint8Array): string {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ (table[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) {
    crc = ((crc << 8) ^ (table[((crc >>> 24) ^ length) & 0xff] ?? 0)) >>> 0;
  }
  return `${~crc >>> 0} ${bytes.length}`;
}
