import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenAt, type ListenLimits, type Listening, type Secret } from '@bouncer/target';
import { HEADER } from '../list/alias-file.ts';

/** Where the list is served, and to whom. */
export interface ListServerOptions {
  /** `host:port`; port 0 takes any free one. */
  readonly listen: string;
  /** Name of the file: `/crowdsec_blacklists.txt`; `/` serves it as well. */
  readonly alias: string;
  readonly user: string;
  readonly password?: Pick<Secret, 'value'> | undefined;
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly limits?: Partial<ListenLimits>;
  /** The list is served beside another way to the firewall. */
  readonly isExtra?: boolean;
}

/**
 * Serves one list. Its body is never empty (pfSense would keep an old list for ever), and it has a length and a tag: a
 * transfer that was cut is seen, and one that would bring nothing new is saved.
 */
export class ListServer {
  readonly #options: ListServerOptions;
  #server: Listening | undefined;
  #body: Buffer = Buffer.from(HEADER);
  #tag = '';
  /** Before the first list there is none to serve: an old one on the firewall is better than an empty one. */
  #ready = false;

  constructor(options: ListServerOptions) {
    this.#options = options;
  }

  get url(): string {
    return `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.#server?.port ?? 0}/${this.#options.alias}.txt`;
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** The list from now on. */
  publish(body: Buffer): void {
    this.#body = body;
    this.#tag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    this.#ready = true;
  }

  async open(): Promise<void> {
    const { tls, listen, limits } = this.#options;
    this.#server = await listenAt({
      listen,
      variable: 'PFSENSE_LISTEN',
      limits,
      tls: tls && { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) },
      handler: (request, response) => {
        this.#handle(request, response);
      },
    });
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close();
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    // `//` and the like are no URLs: nobody may end the process with one.
    const url = URL.parse(request.url ?? '/', 'http://list');
    if (!url) this.#say(response, 400, 'bad request\n');
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      this.#say(response, 405, 'GET or HEAD\n', { allow: 'GET, HEAD' });
    else if (!this.#isKnown(request, url))
      this.#say(response, 401, 'authentication required\n', { 'www-authenticate': 'Basic realm="CrowdSec list"' });
    else if (url.pathname !== '/' && url.pathname !== `/${this.#options.alias}.txt`)
      this.#say(response, 404, 'not found\n');
    else if (!this.#ready) this.#say(response, 503, 'no list yet\n', { 'retry-after': '10' });
    else if (request.headers['if-none-match'] === this.#tag) response.writeHead(304, { etag: this.#tag }).end();
    else {
      const headers = {
        'content-type': 'text/plain; charset=utf-8',
        'content-length': this.#body.length,
        etag: this.#tag,
      };
      response.writeHead(200, { ...headers, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
      response.end(request.method === 'HEAD' ? undefined : this.#body);
    }
  }

  #isKnown({ headers }: IncomingMessage, url: URL): boolean {
    const { user, password } = this.#options;
    if (!password) return true;
    const secret = password.value();
    const token = url.searchParams.get('token');
    if (token !== null) return isEqual(token, secret);
    const [scheme = '', code = ''] = (headers.authorization ?? '').split(' ');
    return scheme.toLowerCase() === 'basic' && isEqual(Buffer.from(code, 'base64').toString(), `${user}:${secret}`);
  }

  #say(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
    response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text), ...headers });
    response.end(text);
  }
}

function isEqual(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
