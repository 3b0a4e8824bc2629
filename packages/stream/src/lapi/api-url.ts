import { ConfigError } from './errors.ts';

/** What can be appended to LAPI's base URL. */
export type ApiPath = '/v1/decisions' | '/v1/decisions/stream' | '/v1/usage-metrics';

/**
 * The base URL as it is used: http or https, any path prefix, no slash at its end (LAPI answers `//v1` with a 404).
 * Throws ConfigError; the text given is not repeated, since it may hold a password.
 */
export function parseBaseUrl(text: string): URL {
  const url = URL.parse(text.trim());
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ConfigError('CROWDSEC_API_URL is not an http or https address', {
      hint: 'write it like https://crowdsec.protected.lan/lapi',
    });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigError('CROWDSEC_API_URL has a user, a query or a fragment', {
      hint: 'leave only scheme, host, port and path',
    });
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/** The full address of a request. */
export function apiUrl(base: URL, path: ApiPath, query: Readonly<Record<string, string>> = {}): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
