/**
 * The framing of the RouterOS API: a word is a length (1 to 5 bytes, big endian) and that many bytes; a sentence is
 * words up to a word of length zero. Source: MikroTik manual, developer guide "API".
 *
 * Words are kept as binary strings here (one character a byte, latin1), so that whatever bytes a client sends come
 * back unchanged. `textOfWord` and `wordOfText` translate for people.
 */

/** The bytes cannot be a sentence. The router gives up the connection. */
export class FramingError extends Error {}

/** The length prefix of a word of `length` bytes. @internal */
export function encodeLength(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(lengthSize(length));
  writeLength(bytes, 0, length);
  return bytes;
}

/** One sentence in one buffer, the final zero byte included. */
export function encodeSentence(words: readonly string[]): Buffer {
  let size = 1;
  for (const word of words) size += lengthSize(word.length) + word.length;
  const bytes = Buffer.allocUnsafe(size);
  let position = 0;
  for (const word of words) {
    position = writeLength(bytes, position, word.length);
    position += bytes.write(word, position, 'latin1');
  }
  bytes[position] = 0;
  return bytes;
}

/** The word's bytes read as UTF-8. */
export function textOfWord(word: string): string {
  return isAscii(word) ? word : Buffer.from(word, 'latin1').toString('utf8');
}

/** The text's UTF-8 bytes as a word. */
export function wordOfText(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}

function lengthSize(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  if (length < 0x20_0000) return 3;
  return length < 0x1000_0000 ? 4 : 5;
}

function writeLength(bytes: Buffer, position: number, length: number): number {
  switch (lengthSize(length)) {
    case 1:
      return bytes.writeUInt8(length, position);
    case 2:
      return bytes.writeUInt16BE(length | 0x8000, position);
    case 3:
      return bytes.writeUIntBE(length | 0xc0_0000, position, 3);
    case 4:
      return bytes.writeUInt32BE((length | 0xe000_0000) >>> 0, position);
    default:
      bytes.writeUInt8(0xf0, position);
      return bytes.writeUInt32BE(length, position + 1);
  }
}
