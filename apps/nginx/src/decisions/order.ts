import type { Family } from './family.ts';
import type { Scratch } from './scratch.ts';

/** Sorts as numbers of 64 bits, which takes no comparison function: first address, then width, then index. */
export function orderOf4({ size, first, last }: Family<number>, scratch: Scratch): Uint32Array {
  const keys = scratch.bigUint64('keys', size);
  const words = new Uint32Array(keys.buffer, 0, 2 * size);
  for (let index = 0; index < size; index++) {
    const address = first[index] ?? 0;
    const width = (last[index] ?? 0) - address;
    words[2 * index] = ((width === 0 ? 32 : 32 - Math.log2(width + 1)) << 26) | index;
    // Signed addresses in the order of unsigned ones.
    words[2 * index + 1] = address ^ -0x80000000;
  }
  keys.sort();
  const order = scratch.uint32('order', size);
  for (let index = 0; index < size; index++) order[index] = (words[2 * index] ?? 0) & 0x3ffffff;
  return order;
}

/** First address, of equal ones the widest first. */
export function orderOf6({ size, first, last }: Family<bigint>): number[] {
  return Array.from({ length: size }, (_, index) => index).sort((a, b) => {
    const [x = 0n, y = 0n] = [first[a], first[b]];
    if (x !== y) return x < y ? -1 : 1;
    return (last[a] ?? 0n) > (last[b] ?? 0n) ? -1 : 1;
  });
}
