import type { Instant } from '@bouncer/stream';
import type { BareRequest } from '@bouncer/target';
import { makeWords, readAddress } from './address-words.ts';
import type { Words } from './address-words.ts';
import type { BlockList } from './block-list.ts';

const COMMA = 44;
const BLANK = 32;
const TAB = 9;
const BRACKET = 91;
const CLOSING = 93;
const COLON = 58;
const DOT = 46;
const PERCENT = 37;
const QUOTE = 34;

/** Whose request it is, see `ClientAddress.read`. */
export type Whose = 'client' | 'peer' | 'stranger' | 'proxy' | 'nameless' | 'unknown';

/**
 * Whose request it is. A header counts only when the peer that sent it is a trusted proxy; X-Forwarded-For is walked from
 * the right, since every proxy appends, and the first address that is no trusted proxy is the client: what stands to the
 * left of it was written by the client. X-Real-IP counts when there is no X-Forwarded-For.
 */
export class ClientAddress {
  /** The address of the last request that was read. */
  readonly words: Words = makeWords();
  readonly #candidate = makeWords();
  readonly #trusted: BlockList;
  #sawAddress = false;

  constructor(trusted: BlockList) {
    this.#trusted = trusted;
  }

  /**
   * Reads a request; what is to be judged stands in `words`. `client`: a trusted proxy named it. `peer`: who asks is the
   * client itself. `stranger`: who asks is not trusted, and names somebody. `proxy`: every address on the way is a trusted
   * proxy. `nameless`: a trusted proxy named nobody. `unknown`: the peer is gone.
   */
  read(request: BareRequest): Whose {
    const peer = request.socket.remoteAddress;
    if (peer === undefined || !this.#take(peer, 0, peer.length)) return 'unknown';
    const headers = request.rawHeaders;
    if (!this.#trusted.covers(this.words, 0)) return namesSomebody(headers) ? 'stranger' : 'peer';
    let realIp: string | undefined;
    let hasForwarded = false;
    this.#sawAddress = false;
    // A header that comes twice is one list, the later part to the right.
    for (let index = headers.length - 2; index >= 0; index -= 2) {
      const name = headers[index] ?? '';
      const value = headers[index + 1] ?? '';
      if (name.length === 15 && name.toLowerCase() === 'x-forwarded-for') {
        hasForwarded = true;
        const end = this.#walk(value);
        if (end !== 'on') return end;
      } else if (name.length === 9 && name.toLowerCase() === 'x-real-ip') realIp = value;
    }
    if (hasForwarded || realIp === undefined) return this.#ownName();
    const end = this.#walk(realIp);
    return end === 'on' ? this.#ownName() : end;
  }

  /** All that was named are trusted proxies, or nothing was. */
  #ownName(): 'proxy' | 'nameless' {
    return this.#sawAddress ? 'proxy' : 'nameless';
  }

  /**
   * True when any address that the headers name is blocked; it then stands in `words`. For those whose headers are not
   * believed: a lie can only harm who tells it.
   */
  namesBlocked(request: BareRequest, blocked: BlockList, now: Instant): boolean {
    const headers = request.rawHeaders;
    for (let index = 0; index < headers.length; index += 2) {
      if (!isForwarding(headers[index] ?? '')) continue;
      for (const part of (headers[index + 1] ?? '').split(',')) {
        if (this.#take(part, 0, part.length) && blocked.covers(this.words, now)) return true;
      }
    }
    return false;
  }

  /** From the right to the first address that is not trusted. `on`: all of this header are. */
  #walk(list: string): 'client' | 'nameless' | 'on' {
    let end = list.length;
    while (end > 0) {
      let start = end;
      while (start > 0 && list.charCodeAt(start - 1) !== COMMA) start -= 1;
      if (!isBlank(list, start, end)) {
        // What a trusted proxy says and is no address (`unknown`) leads no further.
        if (!this.#take(list, start, end)) return 'nameless';
        this.#sawAddress = true;
        if (!this.#trusted.covers(this.words, 0)) return 'client';
      }
      end = start - 1;
    }
    return 'on';
  }

  /** An address, also in quotes or brackets, with a port or with a zone, as some proxies write it. */
  #take(text: string, from: number, to: number): boolean {
    let start = from;
    let end = to;
    while (start < end && isSpace(text.charCodeAt(start))) start += 1;
    while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
    if (end - start > 1 && text.charCodeAt(start) === QUOTE && text.charCodeAt(end - 1) === QUOTE) {
      start += 1;
      end -= 1;
    }
    const isRead = readAddress(text, start, end, this.#candidate) || this.#takeDecorated(text, start, end);
    if (isRead) this.words.set(this.#candidate);
    return isRead;
  }

  #takeDecorated(text: string, from: number, to: number): boolean {
    const isBracketed = text.charCodeAt(from) === BRACKET;
    const start = isBracketed ? from + 1 : from;
    const end = isBracketed ? placeOf(CLOSING, text, start, to) : to;
    if (end < 0) return false;
    const zone = placeOf(PERCENT, text, start, end);
    if (zone >= 0 || isBracketed) return readAddress(text, start, zone < 0 ? end : zone, this.#candidate);
    // A port behind IPv4: there is one colon only.
    const colon = placeOf(COLON, text, start, end);
    return colon >= 0 && placeOf(DOT, text, start, colon) >= 0 && readAddress(text, start, colon, this.#candidate);
  }
}

/** The first place of a character before `end`, or -1. Not `indexOf`, which would search a long list to its end for each part. */
function placeOf(code: number, text: string, start: number, end: number): number {
  for (let index = start; index < end; index += 1) if (text.charCodeAt(index) === code) return index;
  return -1;
}

function namesSomebody(headers: readonly string[]): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] ?? '';
    if (isForwarding(headers[index] ?? '') && !isBlank(value, 0, value.length)) return true;
  }
  return false;
}

function isForwarding(name: string): boolean {
  return (
    (name.length === 15 && name.toLowerCase() === 'x-forwarded-for') ||
    (name.length === 9 && name.toLowerCase() === 'x-real-ip')
  );
}

function isBlank(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (!isSpace(text.charCodeAt(index))) return false;
  return true;
}

function isSpace(code: number): boolean {
  return code === BLANK || code === TAB;
}
