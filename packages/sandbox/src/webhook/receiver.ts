import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { rules, type ReceiverKind, type Refusal } from './rules.ts';

/** What a receiver showed its people. */
export interface Shown {
  readonly title: string;
  readonly text: string;
  /** The whole of what was sent. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** How a receiver is set up. */
export interface ReceiverOptions {
  readonly kind: ReceiverKind;
  /** Whoever sends must have it; it may change while the receiver runs. */
  readonly token?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A server of ntfy, Gotify, Apprise or anybody's own that takes JSON, as strict as the real one in what it takes. */
export class WebhookReceiver implements AsyncDisposable {
  readonly shown: Shown[] = [];
  /** `POST /message`, oldest first, whatever became of it. */
  readonly requests: string[] = [];
  /** `hang` never answers; a status is answered to everything. */
  mood: 'normal' | 'hang' | number = 'normal';
  token: string;
  readonly #kind: ReceiverKind;
  readonly #server: Server;
  readonly #scheme: string;

  constructor({ kind, token = '', tls }: ReceiverOptions) {
    this.#kind = kind;
    this.token = token;
    this.#scheme = tls ? 'https' : 'http';
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => {
        if (this.mood === 'hang') return;
        const outcome = this.mood === 'normal' ? this.#judge(request, text) : { status: this.mood, error: 'told to' };
        if ('title' in outcome) this.shown.push(outcome);
        response.writeHead('title' in outcome ? 200 : outcome.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(outcome));
      });
    };
    this.#server = tls ? createTlsServer(tls, listener) : createServer(listener);
  }

  /** `http://127.0.0.1:PORT`, without a path. */
  get origin(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  #judge(request: IncomingMessage, text: string): Shown | Refusal {
    const url = new URL(request.url ?? '/', 'http://receiver');
    const rule = rules[this.#kind];
    if (request.method !== 'POST') return { status: 405, error: 'method not allowed' };
    if (this.token !== '' && rule.tokenOf(request.headers, url) !== this.token) return rule.refusal;
    if (request.headers['content-type'] !== 'application/json') return { status: 415, error: 'not JSON' };
    let body: Record<string, unknown>;
    try {
      body = JSON.parse(text) as Record<string, unknown>;
    } catch {
      return { status: 400, error: 'not JSON' };
    }
    const problem = rule.problem(url.pathname, body);
    if (problem) return problem;
    return { title: String(body['title']), text: String(body[rule.text]), body };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.resolve();
  }
}
