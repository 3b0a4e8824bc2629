import { createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';
import { makeWords, networkOf } from './address-words.ts';
import type { Words } from './address-words.ts';

/** 2001:db8::/32 is for documentation (RFC 3849): nobody has an address of it, and no router leads there. */
const DOCUMENTATION = 0x20010db8;
/** How far the clocks of `check` and of the connector may be apart. Seconds. */
const WINDOW = 300;
/** The name of the parameter that a mark has in an address that is asked for. */
const MARK = 'crowdsec-probe=';
const MARK_VALUE = /[?&]crowdsec-probe=([0-9a-f]{8})([0-9a-f]{32})(?:&|$)/;

/**
 * The banned address that `check` asks with: one of documentation that holds the time and a proof of the key which it shares
 * with the running connector. So nothing is put on any list, nothing is left behind, and every replica knows it. All that
 * the proof can bring about is that its own request is refused: whoever finds one in a log opens nothing with it.
 */
export class Probe {
  readonly #secret: () => string;
  readonly #clock: Clock;
  #key: { readonly secret: string; readonly derived: Buffer } | undefined;

  /** `secret` is known to us and `check` alone: the key for LAPI. */
  constructor(secret: () => string, clock: Clock) {
    this.#secret = secret;
    this.#clock = clock;
  }

  /** An address that counts as banned for five minutes. */
  address(): string {
    return networkOf(this.#wordsAt(this.#now()));
  }

  /** A parameter for the address that is asked for: the connector then answers whom it took for the client. */
  mark(): string {
    const now = this.#now();
    return `${MARK}${hex(now)}${this.#proof('mark', now).toString('hex')}`;
  }

  /** Costs a comparison for all others. */
  isAddress(words: Words): boolean {
    const seconds = words[1] ?? 0;
    if (words[0] !== DOCUMENTATION || !this.#isNow(seconds)) return false;
    const own = this.#wordsAt(seconds);
    return own[2] === words[2] && own[3] === words[3];
  }

  /** Whether the request that a proxy asks about has our mark in its address. */
  isMarked(rawHeaders: readonly string[]): boolean {
    for (let index = 0; index < rawHeaders.length; index += 2) {
      if (rawHeaders[index]?.length !== 15) continue;
      const value = rawHeaders[index + 1] ?? '';
      if (value.includes(MARK) && rawHeaders[index]?.toLowerCase() === 'x-forwarded-uri') return this.#isMark(value);
    }
    return false;
  }

  #isMark(uri: string): boolean {
    const [, time = '', proof = ''] = MARK_VALUE.exec(uri) ?? [];
    const seconds = Number.parseInt(time, 16);
    if (!this.#isNow(seconds)) return false;
    return timingSafeEqual(Buffer.from(proof, 'hex'), this.#proof('mark', seconds));
  }

  #wordsAt(seconds: number): Words {
    const proof = this.#proof('address', seconds);
    const words = makeWords();
    words.set([DOCUMENTATION, seconds, proof.readUInt32BE(0), proof.readUInt32BE(4)]);
    return words;
  }

  #proof(what: 'address' | 'mark', seconds: number): Buffer {
    return createHmac('sha256', this.#derived())
      .update(`${what} ${hex(seconds)}`)
      .digest()
      .subarray(0, 16);
  }

  /** Slow once, so that a proof in somebody's log helps nobody to guess a poor key. */
  #derived(): Buffer {
    const secret = this.#secret();
    if (this.#key?.secret !== secret) {
      this.#key = { secret, derived: pbkdf2Sync(secret, 'crowdsec-traefik-bouncer probe', 100_000, 32, 'sha256') };
    }
    return this.#key.derived;
  }

  #isNow(seconds: number): boolean {
    return Math.abs(this.#now() - seconds) <= WINDOW;
  }

  #now(): number {
    return Math.floor(this.#clock.wall() / 1000);
  }
}

/** By what `check` and the running connector both know, and nobody else: the key for LAPI, or that of the client certificate. */
export function probeOf({ lapiKey, lapiClientKeyFile }: TraefikValues, clock: Clock): Probe {
  return new Probe(() => lapiKey?.value() ?? readFileSync(lapiClientKeyFile ?? '', 'utf8'), clock);
}

function hex(seconds: number): string {
  return seconds.toString(16).padStart(8, '0');
}
