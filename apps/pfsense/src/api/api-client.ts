import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import type { BouncerError } from '@bouncer/stream';
import { AuthError, TransientError, explainNetworkError, systemCertificates } from '@bouncer/stream';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import { LOGIN_RETRY_SECONDS } from '../ssh/errors.ts';

/** How long pfSense may take: every change makes it validate a whole alias. Milliseconds. */
const TIMEOUT_MS = 180_000;

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
      timeout: TIMEOUT_MS,
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
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
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
        "check the key (and that its user is enabled); the firewall's login protection bans who fails often, so restart after fixing it";
      throw new AuthError(`the API refuses the credentials (401): ${said}`, {
        kind: 'login',
        hint,
        retryAfter: LOGIN_RETRY_SECONDS,
      });
    }
    if (status === 403)
      throw new AuthError(`the API forbids ${method} ${path} (403): ${said}`, {
        kind: 'rights',
        hint: `give the key's user the privilege for it: ${privilege(method, path)}`,
      });
    if (status >= 500) throw new TransientError(`the API is not ready (${status}): ${said}`);
    if (status >= 300 && status < 400)
      throw new AuthError(`the API redirects (${status})`, {
        hint: 'set PFSENSE_API_URL to the address that it redirects to, probably https',
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
      throw unreachable(error as Error, this.#options.url);
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
  if (path.startsWith('/api/diagnostics/firewall/kill_states')) return 'Diagnostics: Show States';
  if (path.startsWith('/api/diagnostics/')) return 'Diagnostics: Firewall statistics';
  if (!path.startsWith('/api/v2/')) return 'Firewall: Alias: Edit';
  const name = path.slice('/api/'.length).split('?')[0]?.replaceAll(/[/_]/g, '-') ?? '';
  return `api-${name}-${method.toLowerCase()}`;
}

const CERTIFICATE_HINT =
  'export the CA of the webConfigurator (System > Certificates) and set PFSENSE_CA_FILE to it; PFSENSE_API_URL must name what the certificate is for';
const WAY_HINT =
  'check the address in PFSENSE_API_URL and the rules on the way; the login protection may block this address';
const HINTS = {
  dns: 'correct PFSENSE_API_URL',
  refused: 'correct the port in PFSENSE_API_URL',
  timeout: WAY_HINT,
  unreachable: WAY_HINT,
  untrusted: CERTIFICATE_HINT,
  'wrong-name': CERTIFICATE_HINT,
  'out-of-date': CERTIFICATE_HINT,
  'bad-certificate': CERTIFICATE_HINT,
  handshake: 'check that PFSENSE_API_URL names the port of the web interface; if it speaks no TLS, use http://',
};

/** Why there was no answer from an API, and what to do. */
export function unreachable(error: Error, url: string): BouncerError {
  const words = { cut: error.message, other: error.message };
  const { message, hint } = explainNetworkError(error, { name: url, words, hints: HINTS });
  return new TransientError(message, { cause: error, hint });
}
