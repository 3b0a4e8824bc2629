import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a pass is called in a browser. */
export const PASS_COOKIE = 'crowdsec_captcha';

const PASS = /^2\.(\d{1,12})\.([A-Za-z0-9_-]{43})$/;
/** The clock that made a pass and the one that looks at it are the same; it may have been set back a little. */
const TOLERANCE_SECONDS = 60;

/** Whose pass it is. */
export interface PassHolder {
  /** Canonical text of the client's address. */
  readonly address: string;
  /** Where the pass counts: a host in lower case without its port, or a domain with all its hosts; see `siteOf`. */
  readonly site: string;
}

/**
 * Passes: for one address at one site, until a second of the wall clock, signed with HMAC-SHA256. The key follows from the
 * secret of the provider: nothing is stored, passes outlive a restart, and a new secret ends all of them.
 */
export class Passes {
  readonly #secret: () => string;
  readonly #expiration: number;

  /** `expiration` in seconds. */
  constructor(secret: () => string, expiration: number) {
    this.#secret = secret;
    this.#expiration = expiration;
  }

  /** A pass from this second of the wall clock on. */
  issue(holder: PassHolder, now: number): string {
    const end = Math.floor(now) + this.#expiration;
    return `2.${end}.${this.#sign(holder, end).toString('base64url')}`;
  }

  /** Seconds that the pass is still good for in these hands; 0 when it is not, for whatever reason. */
  check(pass: string, holder: PassHolder, now: number): number {
    const [, digits, signature = ''] = PASS.exec(pass) ?? [];
    if (digits === undefined) return 0;
    const end = Number(digits);
    const left = end - Math.floor(now);
    const given = Buffer.from(signature, 'base64url');
    const right = this.#sign(holder, end);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return 0;
    // Another spelling of the same signature, or of the same end, is not one that was issued.
    if (given.toString('base64url') !== signature || String(end) !== digits) return 0;
    // Longer than any that is issued now: of a longer setting, or of before the clock was set back.
    if (left > this.#expiration + TOLERANCE_SECONDS) return 0;
    return Math.max(0, left);
  }

  #sign({ address, site }: PassHolder, end: number): Buffer {
    const key = createHmac('sha256', this.#secret()).update('crowdsec bouncer captcha pass').digest();
    // As JSON no part can be taken for a piece of its neighbour.
    return createHmac('sha256', key)
      .update(JSON.stringify([2, address, site, end]))
      .digest();
  }
}

/** The `Set-Cookie` of a pass. Only over TLS it is `Secure`, or a browser would not keep it. */
export function passCookie(pass: string, expiration: number, isSecure: boolean, domain?: string): string {
  const more = `${domain === undefined ? '' : `; Domain=${domain}`}${isSecure ? '; Secure' : ''}`;
  return `${PASS_COOKIE}=${pass}; Path=/; Max-Age=${expiration}; HttpOnly; SameSite=Lax${more}`;
}
