import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who may look. */
export interface PageAccess {
  /** False when everybody may look: no token is set. */
  readonly isClosed: boolean;
  /** True when the request carries the token (`Authorization: Bearer TOKEN`) or the cookie of a login. */
  allows(request: IncomingMessage): boolean;
  /** The Set-Cookie header for a right token; undefined for a wrong one. */
  login(given: string): string | undefined;
}

/** A login lasts so long, in seconds; a new token ends it at once. */
const sessionSeconds = 30 * 24 * 3600;

/**
 * Guards the pages by a token, compared in constant time. The cookie is derived from the token, so that neither a copied
 * cookie gives the token away nor a restart asks for it again. It bears the connector's name: browsers send the cookies of a
 * host to all its ports, where other connectors may listen. `token` is asked for each time, so that it may be rotated.
 */
export function createPageAccess(type: string, token: (() => string) | undefined): PageAccess {
  const isOpen = (): boolean => token === undefined || token() === '';
  const cookie = (): string => hmac(token?.() ?? '', `session of ${type}`).toString('base64url');

  /** Both sides are made equally long by a keyed hash, so that neither length nor content shows in the time it takes. */
  function equal(given: string, wanted: string): boolean {
    return timingSafeEqual(hmac('compare', given), hmac('compare', wanted));
  }

  return {
    get isClosed() {
      return !isOpen();
    },
    allows(request) {
      if (isOpen()) return true;
      const [, bearer] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
      if (bearer !== undefined) return equal(bearer, token?.() ?? '');
      const session = cookieOf(request, type);
      return session !== undefined && equal(session, cookie());
    },
    login(given) {
      if (isOpen() || !equal(given, token?.() ?? '')) return undefined;
      return `${type}=${cookie()}; Path=/; Max-Age=${sessionSeconds}; HttpOnly; SameSite=Strict`;
    },
  };
}

function hmac(key: string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}
