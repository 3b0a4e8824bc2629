import { makeWords } from './address-words.ts';
import type { Words } from './address-words.ts';

const MIN_SIZE = 1024;
const EMPTY = 0;
const GONE = 255;

/**
 * Prefixes (four words and a length) with an end and a small number each: open addressing in typed arrays, 23 bytes a slot, so that a lookup
 * is one or two reads of memory and makes no garbage.
 */
export class PrefixTable {
  #mask = MIN_SIZE - 1;
  #words = new Uint32Array(MIN_SIZE * 4);
  /** Length of the prefix plus one. */
  #lengths = new Uint8Array(MIN_SIZE);
  #ends = new Float64Array(MIN_SIZE);
  #labels = new Uint16Array(MIN_SIZE);
  /** Slots in use, those of prefixes that are gone included. */
  #used = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a prefix, or moves its end. True when it is new. `words` must have no bits beyond the length. */
  set(words: Words, length: number, end: number, label = 0): boolean {
    if ((this.#used + 1) * 2 > this.#mask) this.#resize();
    let slot = this.#find(words, length);
    const isNew = slot < 0;
    if (isNew) {
      slot = ~slot;
      if (this.#lengths[slot] === EMPTY) this.#used += 1;
      this.#words.set(words, slot * 4);
      this.#lengths[slot] = length + 1;
      this.#size += 1;
    }
    this.#ends[slot] = end;
    this.#labels[slot] = label;
    return isNew;
  }

  /** False when it was not there. */
  delete(words: Words, length: number): boolean {
    const slot = this.#find(words, length);
    if (slot < 0) return false;
    this.#lengths[slot] = GONE;
    this.#size -= 1;
    return true;
  }

  /** The end of exactly this prefix; -1 when it is not there. */
  endOf(a: number, b: number, c: number, d: number, length: number): number {
    const words = this.#words;
    const lengths = this.#lengths;
    const wanted = length + 1;
    for (let slot = hash(a, b, c, d, length) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = lengths[slot];
      if (found === EMPTY) return -1;
      const at = slot * 4;
      if (found === wanted && words[at + 3] === d && words[at + 2] === c && words[at + 1] === b && words[at] === a) {
        return this.#ends[slot] ?? -1;
      }
    }
  }

  /** The number that was given to exactly this prefix; 0 when it is not there. */
  labelOf(words: Words, length: number): number {
    const slot = this.#find(words, length);
    return slot < 0 ? 0 : (this.#labels[slot] ?? 0);
  }

  /** All prefixes with their ends, in no order; `words` are the same array each time. The table must not change meanwhile. */
  *entries(): Generator<{ readonly words: Words; readonly length: number; readonly end: number }, undefined> {
    const words = makeWords();
    for (let slot = 0; slot <= this.#mask; slot += 1) {
      const length = this.#lengths[slot] ?? EMPTY;
      if (length === EMPTY || length === GONE) continue;
      words.set(this.#words.subarray(slot * 4, slot * 4 + 4));
      yield { words, length: length - 1, end: this.#ends[slot] ?? 0 };
    }
    return undefined;
  }

  /** The slot of a prefix; when it is not there, the complement of the slot where it belongs. */
  #find([a = 0, b = 0, c = 0, d = 0]: Words, length: number): number {
    let free = -1;
    for (let slot = hash(a, b, c, d, length) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const found = this.#lengths[slot];
      if (found === EMPTY) return ~(free < 0 ? slot : free);
      if (found === GONE) {
        if (free < 0) free = slot;
        continue;
      }
      if (found !== length + 1) continue;
      const at = slot * 4;
      const words = this.#words;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot;
    }
  }

  /** Twice the room when it is full of prefixes, the same again when it is full of what is gone. */
  #resize(): void {
    const [words, lengths, ends, labels] = [this.#words, this.#lengths, this.#ends, this.#labels];
    this.#allocate(this.#size * 3 > this.#mask ? (this.#mask + 1) * 2 : this.#mask + 1);
    const key = makeWords();
    for (const [slot, length] of lengths.entries()) {
      if (length === EMPTY || length === GONE) continue;
      key.set(words.subarray(slot * 4, slot * 4 + 4));
      this.set(key, length - 1, ends[slot] ?? 0, labels[slot] ?? 0);
    }
  }

  #allocate(slots: number): void {
    this.#mask = slots - 1;
    this.#words = new Uint32Array(slots * 4);
    this.#lengths = new Uint8Array(slots);
    this.#ends = new Float64Array(slots);
    this.#labels = new Uint16Array(slots);
    this.#used = 0;
    this.#size = 0;
  }
}

/** Mixes all bits into the lower ones (murmur3's last step), since addresses of one network differ in a few only. */
function hash(a: number, b: number, c: number, d: number, length: number): number {
  let mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f);
  mixed = Math.imul(mixed ^ (mixed >>> 16) ^ length, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
