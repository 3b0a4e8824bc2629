/** What a reply sentence says about its command. `other` is no RouterOS reply at all. */
export type ReplyKind = 're' | 'done' | 'trap' | 'empty' | 'fatal' | 'other';

/** Text as bytes, made once and compared often. */
export type AttributeName = Uint8Array;

const TAG = bytesOf('.tag=');

/** Makes the bytes of `=name=`. */
export function attribute(name: string): AttributeName {
  return bytesOf(`=${name}=`);
}

/** Makes the bytes of a text. */
export function bytesOf(text: string): AttributeName {
  return Buffer.from(text, 'latin1');
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

  /** What the first word says; told by its bytes, since this is asked for every row. */
  get kind(): ReplyKind {
    const start = this.#starts[0] ?? 0;
    if (this.#bytes[start] !== 0x21) return 'other';
    const length = (this.#ends[0] ?? 0) - start;
    if (length === 3 && this.#bytes[start + 1] === 0x72 && this.#bytes[start + 2] === 0x65) return 're';
    const word = this.word(0).slice(1);
    return word === 'done' || word === 'trap' || word === 'empty' || word === 'fatal' ? word : 'other';
  }

  /** The tag, wherever it stands in the sentence; undefined when there is none. */
  get tag(): string | undefined {
    const index = this.#find(TAG);
    return index === undefined ? undefined : this.word(index).slice(TAG.length);
  }

  /** The tag as a number in decimal digits; undefined when there is none, or another one. Makes no string. */
  get tagNumber(): number | undefined {
    const index = this.#find(TAG);
    if (index === undefined) return undefined;
    const start = (this.#starts[index] ?? 0) + TAG.length;
    const end = this.#ends[index] ?? 0;
    if (start === end || end - start > 15) return undefined;
    let number = 0;
    for (let offset = start; offset < end; offset++) {
      const digit = (this.#bytes[offset] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) return undefined;
      number = number * 10 + digit;
    }
    return number;
  }

  /** The value of an attribute; undefined when the sentence does not have it. The value may hold `=` itself. */
  value(name: AttributeName): string | undefined {
    const index = this.#find(name);
    if (index === undefined) return undefined;
    return this.#bytes.toString('latin1', (this.#starts[index] ?? 0) + name.length, this.#ends[index] ?? 0);
  }

  /**
   * Whether the sentence has the attribute and its value is `text`, or begins with it and goes on with `then` (one byte).
   * Makes no string.
   */
  valueIs(name: AttributeName, text: AttributeName, then?: number): boolean {
    const index = this.#find(name);
    if (index === undefined) return false;
    const start = (this.#starts[index] ?? 0) + name.length;
    const end = this.#ends[index] ?? 0;
    if (!this.#matches(text, start, end)) return false;
    return start + text.length === end || this.#bytes[start + text.length] === then;
  }

  /** The number of a row id, `*1F`; undefined when the attribute is missing or something else. Makes no string. */
  idNumber(name: AttributeName): number | undefined {
    const index = this.#find(name);
    if (index === undefined) return undefined;
    const start = (this.#starts[index] ?? 0) + name.length;
    const end = this.#ends[index] ?? 0;
    if (this.#bytes[start] !== 0x2a || end - start < 2 || end - start > 14) return undefined;
    let number = 0;
    for (let offset = start + 1; offset < end; offset++) {
      const digit = hexDigit(this.#bytes[offset] ?? 0);
      if (digit < 0) return undefined;
      number = number * 16 + digit;
    }
    return number;
  }

  #find(name: AttributeName): number | undefined {
    for (let index = 1; index < this.#count; index++) {
      if (this.#matches(name, this.#starts[index] ?? 0, this.#ends[index] ?? 0)) return index;
    }
    return undefined;
  }

  #matches(name: AttributeName, start: number, end: number): boolean {
    if (end - start < name.length) return false;
    for (let offset = 0; offset < name.length; offset++) {
      if (this.#bytes[start + offset] !== name[offset]) return false;
    }
    return true;
  }
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code & ~0x20;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
}

/**
 * Writes a whole sentence into one buffer: each word behind its length, a zero-length word at the end.
 * Words are UTF-8, as RouterOS 7 has them; the library's own encoder knows only Windows-1252.
 */
export function encodeSentence(words: readonly string[]): Buffer {
  let text = '';
  for (const word of words) {
    const prefix = PREFIXES[word.length];
    if (prefix === undefined) return encodeAny(words);
    text += prefix + word;
  }
  text += '\0';
  // Nearly every sentence is short words of ASCII, and a first load sends tens of thousands.
  return Buffer.byteLength(text) === text.length ? Buffer.from(text, 'latin1') : encodeAny(words);
}

/** The length in front of each word that one byte can tell. */
const PREFIXES = Array.from({ length: 0x80 }, (_, length) => String.fromCharCode(length));

function encodeAny(words: readonly string[]): Buffer {
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
