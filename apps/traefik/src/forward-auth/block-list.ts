import { isSingle } from '@bouncer/stream';
import type { Instant, Network } from '@bouncer/stream';
import { makeWords, MAPPED, networkOf, readAddress } from './address-words.ts';
import type { Words } from './address-words.ts';
import { PrefixTable } from './prefix-table.ts';

/** What an address is blocked by. */
export interface Cover {
  /** Empty when nothing is known. */
  readonly reason: string;
  /** Worked out when somebody asks. */
  readonly network: () => Network | undefined;
}

/** Bits before the address in the words of IPv4. */
const MAPPED_BITS = 96;
const FULL = 128;

/**
 * Networks with an end each, to be asked whether one of them covers an address. Single addresses cost one look; ranges
 * one more for each prefix length in use, and for IPv4 only where a range lies in the same /16.
 */
export class BlockList {
  readonly #table = new PrefixTable();
  /** How many ranges there are of each prefix length, and the lengths in use, longest first. */
  readonly #counts = new Uint32Array(FULL + 1);
  #lengths4: readonly number[] = [];
  #lengths6: readonly number[] = [];
  /** IPv4 ranges inside each /16; those that are wider count in #wide4. */
  readonly #in16 = new Uint32Array(65_536);
  #wide4 = 0;
  readonly #words = makeWords();
  readonly #reasons = new Reasons();

  get size(): number {
    return this.#table.size;
  }

  /** `reason` is for people: the scenario, or the name of a list. */
  set(network: Network, end: Instant, reason = ''): void {
    const length = this.#read(network);
    if (this.#table.set(this.#words, length, end, this.#reasons.numberOf(reason)) && length < FULL)
      this.#count(length, 1);
  }

  delete(network: Network): void {
    const length = this.#read(network);
    if (this.#table.delete(this.#words, length) && length < FULL) this.#count(length, -1);
  }

  /** True when a network that has not ended covers the address. */
  covers(address: Words, now: Instant): boolean {
    const a = address[0] ?? 0;
    const b = address[1] ?? 0;
    const c = address[2] ?? 0;
    const d = address[3] ?? 0;
    const table = this.#table;
    if (table.endOf(a, b, c, d, FULL) > now) return true;
    if (a === 0 && b === 0 && c === MAPPED) {
      if (this.#wide4 === 0 && this.#in16[d >>> 16] === 0) return false;
      for (const length of this.#lengths4) {
        if (table.endOf(0, 0, c, (d & maskOf(length - MAPPED_BITS)) >>> 0, length) > now) return true;
      }
      return false;
    }
    for (const length of this.#lengths6) {
      const end = table.endOf(
        (a & maskOf(length)) >>> 0,
        (b & maskOf(length - 32)) >>> 0,
        (c & maskOf(length - 64)) >>> 0,
        (d & maskOf(length - 96)) >>> 0,
        length,
      );
      if (end > now) return true;
    }
    return false;
  }

  /** By what the address is covered: its longest prefix that has not ended. For refusals alone. */
  coverOf(address: Words, now: Instant): Cover {
    const isIpv4 = address[0] === 0 && address[1] === 0 && address[2] === MAPPED;
    const words = makeWords();
    for (const length of [FULL, ...(isIpv4 ? this.#lengths4 : this.#lengths6)]) {
      for (let index = 0; index < 4; index += 1) {
        words[index] = ((address[index] ?? 0) & maskOf(length - index * 32)) >>> 0;
      }
      const [a = 0, b = 0, c = 0, d = 0] = words;
      if (this.#table.endOf(a, b, c, d, length) <= now) continue;
      const reason = this.#reasons.textOf(this.#table.labelOf(words, length));
      return { reason, network: () => networkOf(words, length) };
    }
    return { reason: '', network: () => undefined };
  }

  /** All of them, ended or not, in no order. The list must not change meanwhile. */
  *entries(): Generator<{ readonly network: Network; readonly expiresAt: Instant }, undefined> {
    for (const { words, length, end } of this.#table.entries()) {
      yield { network: networkOf(words, length), expiresAt: end };
    }
    return undefined;
  }

  /** Fills the words with a network and returns the length of its prefix in them. */
  #read(network: Network): number {
    const slash = network.indexOf('/');
    const end = slash < 0 ? network.length : slash;
    if (!readAddress(network, 0, end, this.#words)) throw new Error(`${network} is no network`);
    if (isSingle(network)) return FULL;
    return Number(network.slice(slash + 1)) + (network.includes(':') ? 0 : MAPPED_BITS);
  }

  #count(length: number, change: 1 | -1): void {
    const isIpv4 = this.#words[0] === 0 && this.#words[1] === 0 && this.#words[2] === MAPPED && length >= MAPPED_BITS;
    if (isIpv4 && length < MAPPED_BITS + 16) this.#wide4 += change;
    else if (isIpv4) this.#add16((this.#words[3] ?? 0) >>> 16, change);
    const before = this.#counts[length] ?? 0;
    this.#counts[length] = before + change;
    if (before === 0 || before + change === 0) this.#noteLengths();
  }

  #add16(index: number, change: number): void {
    this.#in16[index] = (this.#in16[index] ?? 0) + change;
  }

  #noteLengths(): void {
    const used = [...this.#counts.keys()].filter((length) => (this.#counts[length] ?? 0) > 0).reverse();
    this.#lengths6 = used;
    this.#lengths4 = used.filter((length) => length >= MAPPED_BITS);
  }
}

/** Texts by number: many networks have the same few. What comes when all numbers are given is not kept. */
class Reasons {
  readonly #texts = [''];
  readonly #numbers = new Map([['', 0]]);

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#texts.length > 0xffff) return 0;
    const number = this.#texts.push(text) - 1;
    this.#numbers.set(text, number);
    return number;
  }

  textOf(number: number): string {
    return this.#texts[number] ?? '';
  }
}

/** A BlockList of networks that never end, such as trusted proxies. */
export function foreverList(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const network of networks) list.set(network, Infinity);
  return list;
}

function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}
