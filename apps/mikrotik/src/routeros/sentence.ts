/** What a reply sentence says about its command. `other` is no RouterOS reply at all. */
export type ReplyKind = 're' | 'done' | 'trap' | 'empty' | 'fatal' | 'other';

const EQUALS = 0x3d;

/** The name of an attribute as bytes, made once and looked up often. */
export interface AttributeName {
  readonly bytes: Buffer;
}

/** Makes the bytes of `=name=`. */
export function attribute(name: string): AttributeName {
  return { bytes: Buffer.from(`=${name}=`, 'latin1') };
}

/**
 * One reply sentence, as a view into the bytes that came from the socket. The same object is used again for the next
 * sentence: take what is needed while the callback runs, and keep nothing of it.
 */
export class Sentence {
  #bytes: Buffer = Buffer.alloc(0);
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #count = 0;

  /** Number of words. */
  get size(): number {
    return this.#count;
  }

  /** Begins again over `bytes`. */
  reset(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#count = 0;
  }

  /** Adds the word that lies between two offsets. */
  add(start: number, end: number): void {
    this.#starts[this.#count] = start;
    this.#ends[this.#count] = end;
    this.#count++;
  }

  /** The word at `index`, read as Latin-1: one byte a character, nothing lost and nothing refused. */
  word(index: number): string {
    return this.#bytes.toString('latin1', this.#starts[index] ?? 0, this.#ends[index] ?? 0);
  }

  /** All words after the first, but for the tag. */
  attributes(): string[] {
    const words: string[] = [];
    for (let index = 1; index < this.#count; index++) {
      const word = this.word(index);
      if (!word.startsWith('.tag=')) words.push(word);
    }
    return words;
  }

  /** What the first word says. */
  get kind(): ReplyKind {
    switch (this.word(0)) {
      case '!re':
        return 're';
      case '!done':
        return 'done';
      case '!trap':
        return 'trap';
      case '!empty':
        return 'empty';
      case '!fatal':
        return 'fatal';
      default:
        return 'other';
    }
  }

  /** The tag, wherever it stands in the sentence; undefined when there is none. */
  get tag(): string | undefined {
    for (let index = 1; index < this.#count; index++) {
      if (this.#bytes[this.#starts[index] ?? 0] !== 0x2e) continue;
      const word = this.word(index);
      if (word.startsWith('.tag=')) return word.slice(5);
    }
    return undefined;
  }

  /** The value of an attribute; undefined when the sentence does not have it. The value may hold `=` itself. */
  value(name: AttributeName): string | undefined {
    for (let index = 1; index < this.#count; index++) {
      const start = this.#starts[index] ?? 0;
      const end = this.#ends[index] ?? 0;
      if (this.#matches(name.bytes, start, end)) return this.#bytes.toString('latin1', start + name.bytes.length, end);
    }
    return undefined;
  }

  #matches(name: Buffer, start: number, end: number): boolean {
    if (end - start < name.length || this.#bytes[start] !== EQUALS) return false;
    for (let offset = 1; offset < name.length; offset++) {
      if (this.#bytes[start + offset] !== name[offset]) return false;
    }
    return true;
  }
}

/**
 * Writes a whole sentence into one buffer: each word behind its length, a zero-length word at the end.
 * Words are UTF-8, as RouterOS 7 has them; the library's own encoder knows only Windows-1252.
 */
export function encodeSentence(words: readonly string[]): Buffer {
  let size = 1;
  for (const word of words) {
    const length = Buffer.byteLength(word);
    size += lengthSize(length) + length;
  }
  const bytes = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const word of words) {
    offset = writeLength(bytes, offset, Buffer.byteLength(word));
    offset += bytes.write(word, offset);
  }
  bytes[offset] = 0;
  return bytes;
}

function lengthSize(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  if (length < 0x20_0000) return 3;
  return length < 0x1000_0000 ? 4 : 5;
}

function writeLength(bytes: Buffer, offset: number, length: number): number {
  if (length < 0x80) return bytes.writeUInt8(length, offset);
  if (length < 0x4000) return bytes.writeUInt16BE(length + 0x8000, offset);
  if (length < 0x20_0000) return bytes.writeUIntBE(length + 0xc0_0000, offset, 3);
  if (length < 0x1000_0000) return bytes.writeUInt32BE(length + 0xe000_0000, offset);
  return bytes.writeUInt32BE(length, bytes.writeUInt8(0xf0, offset));
}
