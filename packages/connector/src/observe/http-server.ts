import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '@bouncer/stream';
import { printHostPort } from '../settings/kinds-net.ts';
import type { Target } from '../target/target.ts';
import { DropWatch } from './drop-watch.ts';
import type { Logger } from './log.ts';
import { lookUp } from './lookup.ts';
import type { MetricsPage } from './metrics.ts';
import { Heartbeat, readiness } from './readiness.ts';
import { statusReport } from './status-json.ts';
import { statusPage } from './status-page.ts';
import type { StatusSource } from './status-source.ts';

/** What the server shows, and where. */
export interface HttpServerOptions extends StatusSource {
  /** `host:port`, `[v6]:port` or `:port`. Port 0 takes any free one. */
  readonly listen: string;
  readonly log: Logger;
  /** Asked for their drop counters at a scrape of /metrics. */
  readonly targets?: readonly Target[];
}

/** A running server. */
export interface HttpServer {
  /** For people: where the page is. */
  readonly url: string;
  /** Ends at once, open connections included. Never rejects. */
  close(): Promise<void>;
}

/** One answer. */
interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How often the event loop proves that it turns, in milliseconds. */
const beatEvery = 5000;
/** Longest text that is looked up; the page's own field takes no more. */
const longestQuery = 64;

/**
 * Health, metrics and the status page. Rejects when it cannot listen. Reads only: GET and HEAD, no body, nothing that
 * a request says is trusted or printed but the address that is looked up.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { clock, log, status } = options;
  const heartbeat = new Heartbeat(clock);
  const drops = new DropWatch(options.targets ?? [], clock);
  let metrics: MetricsPage | undefined;
  const timer = setInterval(() => {
    heartbeat.beat();
    metrics?.sample();
  }, beatEvery);
  timer.unref();

  async function reply(path: string, query: URLSearchParams): Promise<Reply> {
    switch (path) {
      case '/healthz':
        return probe(heartbeat.verdict(status()));
      case '/readyz':
        return probe(readiness(status(), clock));
      case '/metrics': {
        // Loaded late: most connectors are never scraped, and it takes 15 MB.
        metrics ??= (await import('./metrics.ts')).createMetricsPage(options);
        return { status: 200, type: metrics.contentType, body: await metrics.render(await drops.read()) };
      }
      case '/status.json':
        return json(200, statusReport(options));
      case '/':
        return page(query.get('ip')?.trim().slice(0, longestQuery));
      default:
        return { status: 404, type: 'text/plain; charset=utf-8', body: 'not found\n' };
    }
  }

  function page(asked: string | undefined): Reply {
    const nonce = randomBytes(16).toString('base64');
    const lookup = asked ? lookUp(options.set, clock, asked) : undefined;
    const allowed = `style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; img-src data:`;
    return {
      status: 200,
      type: 'text/html; charset=utf-8',
      body: statusPage(statusReport(options), nonce, lookup),
      headers: {
        'content-security-policy': `default-src 'none'; ${allowed}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      },
    };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, {
        status: 405,
        type: 'text/plain; charset=utf-8',
        body: 'GET or HEAD\n',
        headers: { allow: 'GET, HEAD' },
      });
      return;
    }
    const [path = '', search = ''] = (request.url ?? '').split('?', 2);
    try {
      send(response, await reply(path, new URLSearchParams(search)));
    } catch (error) {
      log.warn({ path, error: messageOf(error) }, 'a status request failed');
      send(response, { status: 500, type: 'text/plain; charset=utf-8', body: 'internal error\n' });
    }
  }

  const server = createServer({ maxHeaderSize: 8192, connectionsCheckingInterval: 5000 }, (request, response) => {
    void handle(request, response);
  });
  // Nobody may hold the server by being slow, or by being many.
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5_000;
  server.timeout = 30_000;
  server.maxConnections = 64;
  const { host, port } = splitListen(options.listen);
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    clearInterval(timer);
    throw error;
  }
  server.on('error', (error) => {
    log.warn({ error: messageOf(error) }, 'the status server has trouble');
  });
  return {
    url: urlOf(server.address() as AddressInfo),
    async close() {
      clearInterval(timer);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed.catch(() => undefined);
    },
  };
}

function probe({ ok, reasons }: { ok: boolean; reasons: readonly string[] }): Reply {
  return json(ok ? 200 : 503, { status: ok ? 'ok' : 'failing', reasons });
}

function json(status: number, value: unknown): Reply {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

function send(response: ServerResponse, { status, type, body, headers }: Reply): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    ...headers,
  });
  response.end(body);
}

function splitListen(listen: string): { host: string | undefined; port: number } {
  const split = listen.lastIndexOf(':');
  const host = listen.slice(0, split).replace(/^\[|\]$/g, '');
  return { host: host === '' ? undefined : host, port: Number(listen.slice(split + 1)) };
}

/** Where a person on this machine finds it: an unspecified address is reached by loopback. */
function urlOf({ address, port }: AddressInfo): string {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `http://${printHostPort({ host, port })}/`;
}
