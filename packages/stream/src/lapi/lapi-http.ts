import type { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import axios from 'axios';
import { AuthError } from './errors.ts';
import { apiUrl } from './api-url.ts';
import type { ApiPath } from './api-url.ts';
import { Deadline } from './deadline.ts';
import { isProxyAnswer, proxyRefusal } from './http-proxy.ts';
import type { HttpProxy } from './http-proxy.ts';
import { readRetryAfter } from './retry-after.ts';
import { malformedAnswer, requestError, statusError, unusableKey } from './lapi-error.ts';

/** Bounds of one request. */
export interface LapiLimits {
  /** Milliseconds for a delta or a small request, whole body included. */
  readonly deltaMs: number;
  /** Milliseconds for a full pull, whole body included. */
  readonly fullMs: number;
  /** Largest body, decompressed. */
  readonly bodyBytes: number;
}

export interface LapiHttpOptions {
  readonly url: URL;
  /** Asked instead of the host of the URL. */
  readonly socketPath?: string | undefined;
  readonly proxy?: HttpProxy | undefined;
  readonly agent: Agent;
  readonly limits: LapiLimits;
  readonly userAgent: string;
  readonly apiKey?: (() => string) | undefined;
  readonly onAuthFailure?: (() => void) | undefined;
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: ApiPath;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly milliseconds: number;
}

/** Of an answer with an error status: enough for LAPI's message. */
const MAX_ERROR_BODY = 64 * 1024;
const MAX_DETAIL_LENGTH = 200;

/** One HTTP exchange with LAPI: key, limits and errors. Knows nothing of decisions. */
export class LapiHttp {
  readonly #options: LapiHttpOptions;

  constructor(options: LapiHttpOptions) {
    this.#options = options;
  }

  get limits(): LapiLimits {
    return this.#options.limits;
  }

  /**
   * The body, piece by piece, decompressed. Throws AuthError or TransientError, or the signal's reason. The statuses in
   * `allowed` are not errors: they end the body at once, as if it were empty.
   */
  async *body(request: Request, signal: AbortSignal, allowed: readonly number[] = []): AsyncGenerator<Buffer, number> {
    const deadline = new Deadline(request.milliseconds, signal);
    let stream: Readable | undefined;
    try {
      const response = await this.#send(request, deadline.signal);
      const body = (stream = response.data);
      if (allowed.includes(response.status)) return response.status;
      if (response.status < 200 || response.status > 299) throw await this.#refusal(response);
      let bytes = 0;
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > this.limits.bodyBytes) throw malformedAnswer(`more than ${this.limits.bodyBytes} bytes`);
        yield chunk;
      }
      // A stream that was destroyed without an error ends like a complete one.
      deadline.signal.throwIfAborted();
      return response.status;
    } catch (error) {
      const cause = deadline.causeOf(error);
      if (signal.aborted) throw cause;
      const failure = requestError(cause, this.#options);
      if (failure instanceof AuthError) this.#options.onAuthFailure?.();
      throw failure;
    } finally {
      deadline.end();
      stream?.destroy();
    }
  }

  async #send(request: Request, signal: AbortSignal) {
    const { url, socketPath, proxy, agent, userAgent, apiKey } = this.#options;
    const isPlain = url.protocol === 'http:';
    const key = apiKey?.().trim();
    // axios would silently drop the impossible characters, and LAPI would refuse a key that looks right.
    if (key && !/^[!-~]+$/.test(key)) throw unusableKey();
    return axios.request<Readable>({
      method: request.method,
      url: apiUrl(url, request.path, request.query),
      headers: { 'User-Agent': userAgent, Accept: 'application/json', ...(key ? { 'X-Api-Key': key } : {}) },
      ...(request.body && { data: request.body }),
      httpAgent: agent,
      httpsAgent: agent,
      ...(socketPath !== undefined && { socketPath, allowedSocketPaths: [socketPath] }),
      // HTTP_PROXY is not for LAPI: the key would go through it. Tunnels for https are the agent's.
      proxy: proxy && isPlain ? plainProxy(proxy) : false,
      maxRedirects: 0,
      responseType: 'stream',
      validateStatus: () => true,
      signal,
    });
  }

  async #refusal(response: { status: number; headers: object; data: Readable }): Promise<Error> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of response.data as AsyncIterable<Buffer>) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > MAX_ERROR_BODY) break;
    }
    const header = (name: string): string | undefined => {
      const value: unknown = Reflect.get(response.headers, name);
      return typeof value === 'string' ? value : undefined;
    };
    const head = { location: header('location'), retryAfter: readRetryAfter(header('retry-after'), header('date')) };
    const { proxy, url } = this.#options;
    if (proxy && url.protocol === 'http:' && isProxyAnswer(response.status, header('content-type'))) {
      return proxyRefusal(proxy, response.status, `requests to ${url.origin}`);
    }
    return statusError(response.status, head, this.#detail(Buffer.concat(pieces).toString()));
  }

  /** LAPI's message, safe to log: printable, short, and without the key if something on the way echoes requests. */
  #detail(body: string): string {
    const [, message] = /^\s*\{.*"message"\s*:\s*"((?:[^"\\]|\\.)*)"/s.exec(body) ?? [];
    const text = message ?? (body.trimStart().startsWith('<') ? 'an HTML page' : body);
    const key = this.#options.apiKey?.().trim();
    const clean = key ? text.replaceAll(key, '***') : text;
    return clean
      .replace(/[^ -~]+/g, ' ')
      .trim()
      .slice(0, MAX_DETAIL_LENGTH);
  }
}

/** For http the proxy itself is asked, with the whole URL. */
function plainProxy({ host, port, credentials }: HttpProxy) {
  const [username = '', ...rest] = credentials?.split(':') ?? [];
  return {
    protocol: 'http',
    host,
    port,
    ...(credentials !== undefined && { auth: { username, password: rest.join(':') } }),
  };
}
