import { mulberry32 } from '../../decisions/random.ts';

/** Cuts one write into the segments that go out one by one. */
export type Chunking = (bytes: Buffer) => Buffer[];

/** Every byte is a segment of its own. */
export const everyByte: Chunking = (bytes) => Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));

/** One cut behind `position` bytes of every write. */
export function cutAt(position: number): Chunking {
  return (bytes) =>
    position <= 0 || position >= bytes.length ? [bytes] : [bytes.subarray(0, position), bytes.subarray(position)];
}

/** Segments of 1 to `longest` bytes, the same for the same seed. */
export function randomChunks(seed: number, maxLength = 16): Chunking {
  const random = mulberry32(seed);
  return (bytes) => {
    const segments: Buffer[] = [];
    for (let start = 0; start < bytes.length;) {
      const end = start + 1 + Math.floor(random() * maxLength);
      segments.push(bytes.subarray(start, end));
      start = end;
    }
    return segments;
  };
}
