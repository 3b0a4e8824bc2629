import { FramingError } from './codec.ts';

interface Prefix {
  /** Bytes of the prefix itself. */
  readonly size: number;
  /** Bytes of the word behind it. */
  readonly length: number;
}

/** Cuts a byte stream into sentences, however it was segmented. */
export class SentenceReader {
  /** The most bytes of one sentence; more is a FramingError. Raised after login. */
  limit: number;
  #pending: Buffer[] = [];
  #size = 0;
  /** Bytes that must be there before another look is worth it: keeps one-byte segments linear. */
  #needed = 1;
  #words: string[] = [];
  #sentenceSize = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The sentences that this segment completes; empty sentences are left out, as the router ignores them. Throws FramingError. */
  push(segment: Buffer): string[][] {
    this.#pending.push(segment);
    this.#size += segment.length;
    if (this.#size < this.#needed) return [];
    const bytes = this.#pending.length === 1 ? segment : Buffer.concat(this.#pending);
    const sentences: string[][] = [];
    const used = this.#read(bytes, sentences);
    this.#pending = used === bytes.length ? [] : [bytes.subarray(used)];
    this.#size = bytes.length - used;
    return sentences;
  }

  /** Reads whole words; answers how many bytes were used up. */
  #read(bytes: Buffer, sentences: string[][]): number {
    let position = 0;
    for (;;) {
      const prefix = readPrefix(bytes, position);
      const end = prefix ? position + prefix.size + prefix.length : bytes.length + 1;
      if (prefix && this.#sentenceSize + prefix.length > this.limit) throw new FramingError('the sentence is too long');
      if (!prefix || end > bytes.length) {
        this.#needed = end - position;
        return position;
      }
      if (prefix.length === 0) this.#endSentence(sentences);
      else this.#words.push(bytes.toString('latin1', position + prefix.size, end));
      this.#sentenceSize += prefix.length;
      if (prefix.length === 0) this.#sentenceSize = 0;
      position = end;
    }
  }

  #endSentence(sentences: string[][]): void {
    if (this.#words.length > 0) sentences.push(this.#words);
    this.#words = [];
  }
}

function readPrefix(bytes: Buffer, position: number): Prefix | undefined {
  const first = bytes[position];
  if (first === undefined) return undefined;
  if (first < 0x80) return { size: 1, length: first };
  if (first > 0xf0) throw new FramingError(`control byte ${first}`);
  const size = prefixSize(first);
  if (position + size > bytes.length) return undefined;
  if (size === 5) return { size, length: bytes.readUInt32BE(position + 1) };
  const mask = size === 2 ? 0x3fff : size === 3 ? 0x1f_ffff : 0x0fff_ffff;
  return { size, length: bytes.readUIntBE(position, size) & mask };
}

function prefixSize(first: number): number {
  if (first < 0xc0) return 2;
  if (first < 0xe0) return 3;
  return first < 0xf0 ? 4 : 5;
}
