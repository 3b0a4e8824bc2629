import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { TlsTrust } from '@bouncer/target';

const timeoutMs = 15_000;

export interface ProbeAnswer {
  readonly status: number;
  /** Where a redirect leads, if it is one. */
  readonly location?: string;
}

/**
 * `HEAD /v1/decisions`: tells path and key apart and moves nothing (HEAD on the stream would eat a delta of a LAPI 1.4).
 * Redirects are not followed: they would carry the key.
 */
export function probe(
  apiUrl: string,
  headers: Readonly<Record<string, string>>,
  trust: TlsTrust,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const url = `${apiUrl}/v1/decisions`;
  const { insecureSkipVerify, ...pems } = trust;
  const common = { method: 'HEAD', headers, signal, timeout: timeoutMs, agent: false as const };
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:')
      ? requestHttps(url, { ...common, ...pems, rejectUnauthorized: !insecureSkipVerify })
      : requestHttp(url, common);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    request.on('error', reject);
    request.on('response', (response) => {
      response.resume();
      const { location } = response.headers;
      resolve({ status: response.statusCode ?? 0, ...(location === undefined ? {} : { location }) });
    });
    request.end();
  });
}
