import { createHmac, timingSafeEqual } from 'node:crypto';

/** Says when NGINX is to be asked for a pass again, and what it is called in a browser. */
export const PASS_COOKIE = 'crowdsec_captcha';

const PASS = /^1\.(\d{1,12})\.([A-Za-z0-9_-]{43})$/;
/** The clock that made a pass and the one that looks at it are the same; it may have been set back a little. */
const TOLERANCE_SECONDS = 60;

/**
 * Passes: for one address, until a second of the wall clock, signed with HMAC-SHA256. The key follows from the secret of
 * the provider: nothing is stored, passes outlive a restart, and a new secret ends all of them.
 */
export class Passes {
  readonly #secret: () => string;
  readonly #expiration: number;

  /** `expiration` in seconds. */
  constructor(secret: () => string, expiration: number) {
    this.#secret = secret;
    this.#expiration = expiration;
  }

  /** A pass for this address, from this second on. */
  issue(address: string, now: number): string {
    const end = Math.floor(now) + this.#expiration;
    return `1.${end}.${this.#sign(address, end).toString('base64url')}`;
  }

  /** Seconds that the pass is still good for from this address; 0 when it is not, for whatever reason. */
  check(pass: string, address: string, now: number): number {
    const [, digits, signature = ''] = PASS.exec(pass) ?? [];
    if (digits === undefined) return 0;
    const end = Number(digits);
    const left = end - Math.floor(now);
    const given = Buffer.from(signature, 'base64url');
    const right = this.#sign(address, end);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return 0;
    // Longer than any that is issued now: of a longer setting, or of before the clock was set back.
    if (left > this.#expiration + TOLERANCE_SECONDS) return 0;
    return Math.max(0, left);
  }

  #sign(address: string, end: number): Buffer {
    const key = createHmac('sha256', this.#secret()).update('crowdsec-nginx-bouncer captcha pass').digest();
    return createHmac('sha256', key).update(`1 ${address} ${end}`).digest();
  }
}
