import { ConfigError } from './errors.ts';

/** What can be appended to LAPI's base URL. */
export type ApiPath = '/v1/decisions' | '/v1/decisions/stream' | '/v1/usage-metrics';

/** Bytes that the kernel takes of the path of a unix socket, its end left out. Source: unix(7), sun_path. */
const MAX_SOCKET_PATH = 107;

/**
 * The path of LAPI's unix socket, from `unix:///run/crowdsec_lapi.sock`, `unix:/run/...` or the bare absolute path;
 * undefined for what is none. A slash at its end is taken off.
 */
export function lapiSocketPath(text: string): string | undefined {
  const [, path] = /^(?:unix:(?:\/\/)?)?(\/[^/\0-\x1f].*?)\/*$/i.exec(text.trim()) ?? [];
  return path !== undefined && Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : undefined;
}

/** LAPI's address: a base URL, and the socket that is asked in its stead. */
export interface LapiAddress {
  readonly base: URL;
  readonly socketPath?: string | undefined;
}

/**
 * The address as it is used: http or https, any path prefix, no slash at its end (LAPI answers `//v1` with a 404), or a
 * unix socket. Throws ConfigError; the text given is not repeated, since it may hold a password.
 */
export function parseBaseUrl(text: string): LapiAddress {
  const socketPath = lapiSocketPath(text);
  if (socketPath !== undefined) return { base: new URL('http://localhost'), socketPath };
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ConfigError('CROWDSEC_API_URL is neither an http or https address nor a unix socket', {
      hint: 'write it like https://crowdsec.protected.lan/lapi or unix:///run/crowdsec_lapi.sock',
    });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new ConfigError('CROWDSEC_API_URL has a user, a query or a fragment', {
      hint: 'leave only scheme, host, port and path',
    });
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return { base: url };
}

/** The full address of a request. */
export function apiUrl(base: URL, path: ApiPath, query: Readonly<Record<string, string>> = {}): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
