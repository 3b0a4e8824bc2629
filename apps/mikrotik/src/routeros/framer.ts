import { TransientError } from '@bouncer/stream';
import { Sentence } from './sentence.ts';

/** A sentence that grows beyond this is no answer to anything that we ask. */
const MAX_SENTENCE = 1024 * 1024;
const MIN_STORE = 64 * 1024;

/**
 * Cuts the byte stream of a RouterOS connection into whole sentences, wherever the segments of the stream end.
 * What is incomplete is kept until the rest comes; a sentence is handed on once, in order, with all its words.
 * All bytes pass through one store that is used again, so that a long listing leaves no garbage behind.
 */
export class Framer {
  #store: Buffer = Buffer.allocUnsafe(0);
  #held = 0;
  readonly #sentence = new Sentence();

  /** Takes the next bytes. Throws TransientError when they cannot be the RouterOS API. */
  push(chunk: Buffer, onSentence: (sentence: Sentence) => void): void {
    const size = this.#held + chunk.length;
    if (size > this.#store.length) this.#grow(size);
    chunk.copy(this.#store, this.#held);
    const data = this.#store.subarray(0, size);
    const done = this.#split(data, onSentence);
    data.copyWithin(0, done);
    this.#held = size - done;
  }

  /** Hands on all whole sentences; returns where the first unfinished one begins. */
  #split(data: Buffer, onSentence: (sentence: Sentence) => void): number {
    const sentence = this.#sentence;
    let begin = 0;
    let offset = 0;
    sentence.reset(data);
    while (offset < data.length) {
      const lengthEnd = offset + lengthSizeOf(data[offset] ?? 0);
      if (lengthEnd > data.length) break;
      const wordEnd = lengthEnd + readLength(data, offset);
      if (wordEnd - begin > MAX_SENTENCE) throw notRouterOs('a sentence of more than 1 MiB');
      if (wordEnd > data.length) break;
      offset = wordEnd;
      if (wordEnd > lengthEnd) {
        sentence.add(lengthEnd, wordEnd);
        continue;
      }
      if (sentence.size > 0) onSentence(sentence);
      sentence.reset(data);
      begin = offset;
    }
    return begin;
  }

  #grow(size: number): void {
    const store = Buffer.allocUnsafe(Math.max(MIN_STORE, 2 ** Math.ceil(Math.log2(size))));
    this.#store.copy(store, 0, 0, this.#held);
    this.#store = store;
  }
}

/** Bytes of the length prefix that begins with `first`. */
function lengthSizeOf(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc0) return 2;
  if (first < 0xe0) return 3;
  if (first < 0xf0) return 4;
  if (first === 0xf0) return 5;
  throw notRouterOs(`a control byte 0x${first.toString(16)}`);
}

function readLength(data: Buffer, offset: number): number {
  const first = data[offset] ?? 0;
  if (first < 0x80) return first;
  if (first < 0xc0) return data.readUInt16BE(offset) & 0x3fff;
  if (first < 0xe0) return data.readUIntBE(offset, 3) & 0x1f_ffff;
  if (first < 0xf0) return data.readUInt32BE(offset) & 0x0fff_ffff;
  return data.readUInt32BE(offset + 1);
}

/** The error for an answer that no RouterOS would give. */
export function notRouterOs(what: string): TransientError {
  return new TransientError(`the device does not speak the RouterOS API: it sent ${what}`, {
    hint: 'check MIKROTIK_HOST, its port (8729 with TLS, 8728 without) and MIKROTIK_TLS',
  });
}
