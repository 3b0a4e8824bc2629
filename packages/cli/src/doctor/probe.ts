import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { lapiSocketPath, openTunnel, proxyHeaders, type HttpProxy } from '@bouncer/stream';
import { apiAddress, type TlsTrust } from '@bouncer/target';

const timeoutMs = 15_000;

export interface ProbeAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Where a redirect leads, if it is one. */
  readonly location?: string;
}

/** How LAPI is asked. */
interface Probe {
  readonly apiUrl: string;
  readonly proxy?: HttpProxy | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly trust: TlsTrust;
}

/**
 * `HEAD /v1/decisions`: tells path and key apart and moves nothing (HEAD on the stream would eat a delta of a LAPI 1.4).
 * Redirects are not followed: they would carry the key.
 */
export async function probe({ apiUrl, proxy, headers, trust }: Probe, signal: AbortSignal): Promise<ProbeAnswer> {
  const common = { method: 'HEAD', headers, signal, timeout: timeoutMs, agent: false } as const;
  const socketPath = lapiSocketPath(apiUrl);
  if (socketPath !== undefined) return answerOf({ ...common, socketPath, path: '/v1/decisions' });
  const url = new URL(`${apiUrl}/v1/decisions`);
  const { host, port, tls } = apiAddress(apiUrl);
  if (tls) {
    const { insecureSkipVerify, ...pems } = trust;
    const tunnel = proxy && (await openTunnel(proxy, `${url.hostname}:${port}`, signal));
    const secure = { ...common, ...pems, rejectUnauthorized: !insecureSkipVerify };
    return answerOf({ ...secure, host, port, path: url.pathname, ...(tunnel && { socket: tunnel }) }, requestHttps);
  }
  if (proxy === undefined) return answerOf({ ...common, host, port, path: url.pathname });
  const all = { ...headers, Host: url.host, ...proxyHeaders(proxy) };
  return answerOf({ ...common, headers: all, host: proxy.host, port: proxy.port, path: url.href });
}

function answerOf(options: RequestOptions, open: typeof requestHttp = requestHttp): Promise<ProbeAnswer> {
  return new Promise((resolve, reject) => {
    const request = open(options);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    request.on('error', reject);
    request.on('response', (response: IncomingMessage) => {
      response.resume();
      const { location, 'content-type': contentType = '' } = response.headers;
      resolve({ status: response.statusCode ?? 0, contentType, ...(location === undefined ? {} : { location }) });
    });
    request.end();
  });
}
