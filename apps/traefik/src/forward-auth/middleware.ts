import { captchaOf, captchaPage } from '@bouncer/target/captcha';
import type { TraefikValues } from '../config.ts';
import { resourceName } from '../emit/kubernetes.ts';
import type { TreeMap } from '../emit/tree.ts';
import { middlewareTree } from '../plugin/documents.ts';
import { caFileEnd } from '../plugin/purged-files.ts';
import { addressOf, configDirOf, tlsAddressOf } from '../plugin/seen-from-traefik.ts';
import { isAtLeast } from '../options/version.ts';
import type { Version } from '../options/version.ts';
import { authPath } from './auth-handler.ts';
import { readBanPage } from './ban-page.ts';

/**
 * Traefik makes room for so much and one byte more at every request, also for a 204, so it is the page's own size in steps of
 * this, less that byte. Bytes.
 */
const pageStep = 1024;

/** What may be put into the places of a page: a host, a scenario, an address, an id; or the path of a captcha page. Bytes. */
const placesRoom = 16_384;

/**
 * The middleware that asks us, in the words of the given version of Traefik. With AppSec it is a chain: what a trusted proxy
 * before Traefik has let through of a client's own X-Forwarded-Uri would be asked about instead of the true request.
 */
export function forwardAuthTree(values: TraefikValues, ca?: string): TreeMap {
  const { middleware, format } = values;
  const ask = { forwardAuth: forwardAuthOptions(values, ca) };
  if (values.appsecUrl === undefined) return middlewareTree(values, ask);
  const [clean, asking] = [`${middleware}-clean`, `${middleware}-ask`];
  const names =
    format === 'kubernetes' ? [{ name: resourceName(clean) }, { name: resourceName(asking) }] : [clean, asking];
  const customRequestHeaders = Object.fromEntries(never.map((name) => [name, '']));
  return {
    http: {
      middlewares: {
        [middleware]: { chain: { middlewares: names } },
        [clean]: { headers: { customRequestHeaders } },
        [asking]: ask,
      },
    },
  };
}

/** Headers that no client may send: Traefik's own word on the request, and those of AppSec's protocol. */
const never = [
  ...['X-Forwarded-Method', 'X-Forwarded-Uri'],
  ...['Api-Key', 'Host', 'Http-Version', 'Ip', 'Transaction-Id', 'Uri', 'User-Agent', 'Verb'].map(
    (name) => `X-Crowdsec-Appsec-${name}`,
  ),
];

function forwardAuthOptions(values: TraefikValues, ca: string | undefined): TreeMap {
  const { version, appsecUrl, captchaProvider } = values;
  // Cookies and passwords of the sites behind are none of our business, unless they are what we are asked about.
  const asked = ['X-Forwarded-For', 'X-Real-Ip', 'Accept', 'X-Request-Id'];
  return {
    address: `${tlsAddressOf(values) ?? addressOf(values)}${authPath}`,
    ...(ca !== undefined && { tls: trustOf(values, ca) }),
    // Said in so many words: since v3.6.14 Traefik warns otherwise. The header holds what the entry point let through.
    trustForwardHeader: true,
    ...(appsecUrl === undefined && {
      authRequestHeaders: captchaProvider === undefined ? asked : [...asked, 'Cookie'],
    }),
    ...(knowsBodyLimit(version) && { maxResponseBodySize: pageLimit(values) }),
    // A limit would refuse larger uploads (401), and Traefik makes room for all of it at every request, body or not.
    ...(sendsBodies(values) && { forwardBody: true, maxBodySize: -1 }),
  };
}

/** What stands in a text of several lines is told by a file where the format has one line for a value. */
function trustOf({ format, middleware, ...values }: TraefikValues, ca: string): TreeMap {
  if (format === 'kubernetes') return { caSecret: resourceName(`${middleware}-ca`) };
  const isFile = format === 'labels' || format === 'kv';
  return { ca: isFile ? `${configDirOf(values)}/${middleware}${caFileEnd}` : ca };
}

/** Whether Traefik hands on the bodies of requests. */
export function sendsBodies({ version, appsecUrl, appsecBodyLimit, forwardBody }: TraefikValues): boolean {
  return appsecUrl !== undefined && forwardBody && appsecBodyLimit > 0 && isAtLeast(version, [3, 3, 0]);
}

function pageLimit(values: TraefikValues): number {
  const banPage = readBanPage(values.banPageFile);
  const captcha = captchaOf(values);
  const pages = [
    Buffer.byteLength(banPage) + (banPage.includes('{{') ? placesRoom : 0),
    captcha ? Buffer.byteLength(captchaPage(captcha, { method: 'get', action: '' })('/')) + placesRoom : 0,
  ];
  return Math.ceil((Math.max(...pages) + 1) / pageStep) * pageStep - 1;
}

/** Where proxies ask for a verdict. */
export function authUrl(values: TraefikValues): string {
  return `${addressOf(values)}${authPath}`;
}

function knowsBodyLimit(version: Version): boolean {
  return isAtLeast(version, [3, 0, 0]) ? isAtLeast(version, [3, 6, 9]) : isAtLeast(version, [2, 11, 38]);
}
