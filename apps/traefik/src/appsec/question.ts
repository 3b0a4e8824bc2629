import type { Network } from '@bouncer/stream';

/** A request to a site, as the proxy tells it. */
export interface Asked {
  readonly method: string;
  /** Path and query, as the client wrote them. */
  readonly uri: string;
  /** With its port, if it has one; untrusted text. */
  readonly host: string;
  readonly isTls: boolean;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
}

/** Of the connection, not of the request; those that are written anew; and those by which the proxy tells of the request. */
const own = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'expect', 'host', 'content-length', 'x-forwarded-method', 'x-forwarded-uri'],
]);

/**
 * The headers of the question. What a client sent must neither pass for one of the protocol nor make AppSec refuse to read
 * it: what it cannot read follows the failure action, and that may be to let pass.
 */
export function questionHeaders(asked: Asked, client: Network, key: string, length: number): string[] {
  const { method, uri, host, rawHeaders } = asked;
  const rest: string[] = [];
  let userAgent = '';
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const value = plain(rawHeaders[index + 1] ?? '');
    // The site may be one for which an underscore is the same.
    const known = name.toLowerCase().replaceAll('_', '-');
    if (known.startsWith('x-crowdsec-') || known.startsWith(':') || own.has(known)) continue;
    if (known === 'user-agent') userAgent = value;
    rest.push(name, value);
  }
  return [
    ...['Host', 'appsec', 'X-Crowdsec-Appsec-Api-Key', key, 'X-Crowdsec-Appsec-Ip', client],
    ...['X-Crowdsec-Appsec-Uri', plainUri(uri), 'X-Crowdsec-Appsec-Host', plain(host)],
    ...['X-Crowdsec-Appsec-Verb', plain(method), 'X-Crowdsec-Appsec-User-Agent', userAgent],
    // No proxy tells the client's own.
    ...['X-Crowdsec-Appsec-Http-Version', '11'],
    ...(length > 0 ? ['Content-Length', String(length)] : []),
    ...rest,
  ];
}

/**
 * As the site sees it, and as Go's url.Parse takes it: `//a:b/` would be a host and a port that is none, and nothing from a
 * `#` on is asked for. @internal
 */
export function plainUri(uri: string): string {
  const path = (uri.split('#', 1)[0] ?? '').replace(/^\/{2,}/, '/');
  const cut = path.indexOf('?') < 0 ? path.length : path.indexOf('?');
  // An escape that is none, which Go refuses in a path.
  const sound = path.slice(0, cut).replace(/%(?![0-9a-f]{2})/gi, '%25') + path.slice(cut);
  return sound.replace(/[\u0000-\u0020\u007f]/g, (sign) => encodeURIComponent(sign)) || '/';
}

/** Go's server refuses a header with control characters. */
function plain(value: string): string {
  return value.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, ' ');
}
