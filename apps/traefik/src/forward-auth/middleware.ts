import type { TraefikValues } from '../config.ts';
import { middlewareTree } from '../plugin/documents.ts';
import { addressOf } from '../plugin/seen-from-traefik.ts';
import type { TreeMap } from '../emit/tree.ts';
import { isAtLeast } from '../plugin/version.ts';
import type { Version } from '../plugin/version.ts';
import { authPath } from './auth-handler.ts';
import { readBanPage } from './ban-page.ts';

/** Traefik makes room for so much at every request, also for a 204, so it is the page's own size in steps of this. Bytes. */
const pageStep = 4096;

/** The middleware that asks us, in the words of the given version of Traefik. */
export function forwardAuthTree(values: TraefikValues): TreeMap {
  return middlewareTree(values, {
    forwardAuth: {
      address: authUrl(values),
      // Said in so many words: since v3.6.14 Traefik warns otherwise. The header holds what the entry point let through.
      trustForwardHeader: true,
      // Cookies and passwords of the sites behind are none of our business.
      authRequestHeaders: ['X-Forwarded-For', 'X-Real-Ip'],
      ...(knowsBodyLimit(values.version) ? { maxResponseBodySize: pageLimit(values) } : {}),
    },
  });
}

function pageLimit({ banPageFile }: TraefikValues): number {
  return Math.ceil((Buffer.byteLength(readBanPage(banPageFile)) + 1) / pageStep) * pageStep;
}

/** Where proxies ask for a verdict. */
export function authUrl(values: TraefikValues): string {
  return `${addressOf(values)}${authPath}`;
}

function knowsBodyLimit(version: Version): boolean {
  return isAtLeast(version, [3, 0, 0]) ? isAtLeast(version, [3, 6, 9]) : isAtLeast(version, [2, 11, 38]);
}
