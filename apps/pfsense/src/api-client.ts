import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import type { BouncerError } from '@bouncer/stream';
import { AuthError, TransientError, systemCertificates } from '@bouncer/stream';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { LOGIN_RETRY } from './ssh/errors.ts';

/** How long pfSense may take: every change makes it validate a whole alias. Milliseconds. */
const LIMIT = 180_000;

/** Where an API is and how it knows us. */
export interface ApiOptions {
  readonly url: string;
  readonly caFile?: string | undefined;
  /** Asked at every request. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Called after a refusal; true when there is another secret now. */
  readonly refresh: () => boolean;
}

/** A JSON API of a firewall: no redirects (they would carry the key), own CA, errors with what to do. */
export class ApiClient {
  readonly #http: AxiosInstance;
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
    const own = options.caFile === undefined ? [] : [readFileSync(options.caFile, 'utf8')];
    this.#http = axios.create({
      baseURL: options.url,
      maxRedirects: 0,
      timeout: LIMIT,
      proxy: false,
      maxContentLength: 64 * 1024 * 1024,
      validateStatus: () => true,
      ...(options.url.startsWith('https:') && {
        httpsAgent: new Agent({ keepAlive: true, ca: [...systemCertificates(), ...own] }),
      }),
    });
  }

  /** The answer, whatever its status but 401, 403 and 5xx. */
  async request(
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<AxiosResponse<unknown>> {
    let response = await this.#send(method, path, body, signal);
    if (response.status === 401 && this.#options.refresh()) response = await this.#send(method, path, body, signal);
    const { status } = response;
    if (status >= 200 && status < 300) return response;
    const said = describe(response.data);
    if (status === 401) {
      const hint =
        "check the key (and that its user is enabled); the firewall's login protection bans who fails often, so restart after mending it";
      throw new AuthError(`the API does not know us (401): ${said}`, { kind: 'login', hint, retryAfter: LOGIN_RETRY });
    }
    if (status === 403)
      throw new AuthError(`the API forbids ${method} ${path} (403): ${said}`, {
        kind: 'rights',
        hint: `give the key's user the privilege for it: ${privilege(method, path)}`,
      });
    if (status >= 500) throw new TransientError(`the API is not ready (${status}): ${said}`);
    if (status >= 300 && status < 400)
      throw new AuthError(`the API redirects (${status})`, {
        hint: 'set PFSENSE_API_URL to the address that it redirects to, https most likely',
      });
    return response;
  }

  async #send(method: string, path: string, body: unknown, signal: AbortSignal): Promise<AxiosResponse<unknown>> {
    try {
      return await this.#http.request({
        method,
        url: path,
        signal,
        headers: this.#options.headers(),
        ...(body !== undefined && { data: body }),
      });
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(error as Error & { code?: string }, this.#options.url);
    }
  }
}

/** What an API says about a failure: pfSense in `message`, OPNsense in several places. One line. */
export function describe(data: unknown): string {
  if (typeof data !== 'object' || data === null) return String(data).replaceAll(/\s+/g, ' ').slice(0, 200);
  const { message, response_id: id, status_msg: told } = data as Record<string, unknown>;
  const text = [id, message, told].filter((one) => typeof one === 'string').join(': ');
  return (text === '' ? JSON.stringify(data) : text).replaceAll(/\s+/g, ' ').slice(0, 300);
}

/** The name of what is missing. OPNsense: its ACL.xml; pfSense's REST API derives it from address and method. */
function privilege(method: string, path: string): string {
  if (path.startsWith('/api/firewall/alias_util/')) return 'Diagnostics: PF Table IP addresses';
  if (path.startsWith('/api/firewall/filter/')) return 'Firewall: Rules [new]';
  if (path.startsWith('/api/diagnostics/')) return 'Diagnostics: Firewall statistics';
  if (!path.startsWith('/api/v2/')) return 'Firewall: Alias: Edit';
  const name = path.slice('/api/'.length).split('?')[0]?.replaceAll(/[/_]/g, '-') ?? '';
  return `api-${name}-${method.toLowerCase()}`;
}

/** Why there was no answer from an API, and what to do. */
export function unreachable(error: Error & { code?: string }, url: string): BouncerError {
  const code = error.code ?? '';
  const cause = { cause: error };
  if (/CERT|SIGNATURE|ALTNAME/.test(code)) {
    const hint =
      'export the CA of the webConfigurator (System > Certificates) and set PFSENSE_CA_FILE to it; PFSENSE_API_URL must name what the certificate is for';
    return new TransientError(`the certificate of ${url} is not trusted (${code})`, { ...cause, hint });
  }
  if (code === 'ENOTFOUND')
    return new TransientError(`no such host: ${url}`, { ...cause, hint: 'correct PFSENSE_API_URL' });
  if (code === 'ECONNREFUSED')
    return new TransientError(`connection refused: ${url}`, { ...cause, hint: 'correct the port in PFSENSE_API_URL' });
  if (/^E?(TIMEDOUT|HOSTUNREACH|NETUNREACH)$/.test(code) || code === 'ECONNABORTED') {
    const hint =
      'check the address in PFSENSE_API_URL and the rules on the way; the login protection may block this address';
    return new TransientError(`no answer: ${url}`, { ...cause, hint });
  }
  if (/EPROTO|SSL|TLS/.test(code)) {
    const hint = 'see that PFSENSE_API_URL names the port of the web interface; if it speaks no TLS, use http://';
    return new TransientError(`no TLS connection: ${url} (${code})`, { ...cause, hint });
  }
  return new TransientError(`${url}: ${error.message} (${code})`, cause);
}
