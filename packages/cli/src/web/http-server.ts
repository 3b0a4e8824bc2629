import type { IncomingMessage, ServerResponse } from 'node:http';
import { loadPage } from '@bouncer/status-page';
import type { BuiltPage } from '@bouncer/status-page';
import { messageOf } from '@bouncer/stream';
import { listenAt, printHostPort, type ListenLimits, type Listening, type Logger } from '@bouncer/target';
import type { Counting } from '@bouncer/engine';
import { BlockHistory } from './block-history.ts';
import { heldByOrigin } from './held.ts';
import { LiveFeed } from './live-feed.ts';
import { loginPage } from './login-page.ts';
import { createPageAccess } from './page-access.ts';
import { Heartbeat } from './readiness.ts';
import { RecentChanges } from './recent-changes.ts';
import { plain, send, takesHtml } from './reply.ts';
import { StatusRoutes } from './status-routes.ts';
import type { StatusSource } from './status-source.ts';

/** What the server shows, and where. */
export interface HttpServerOptions extends StatusSource {
  /** `host:port`, `[v6]:port` or `:port`. Port 0 takes any free one. */
  readonly listen: string;
  readonly log: Logger;
  readonly limits?: Partial<ListenLimits>;
  /** Asked for their drop counters when somebody looks. */
  readonly targets?: readonly Counting[];
  /** Whoever wants to see more than the two probes must have it; asked each time, empty for everybody. */
  readonly token?: (() => string) | undefined;
  /** What changed last; see the controller's `onChange`. */
  readonly changes?: RecentChanges;
  /** Default: the page of the bundle, or of this checkout where it has been built. */
  readonly loadPage?: () => BuiltPage | undefined;
}

/** A running server. */
export interface HttpServer {
  /** For people: where the page is. */
  readonly url: string;
  /** Ends at once, open connections included. Never rejects. */
  close(): Promise<void>;
}

/** How often the event loop proves that it turns, in milliseconds. */
const beatIntervalMs = 5000;
/** A wrong token is answered after so long, in milliseconds: nobody tries thousands. */
const wrongTokenDelayMs = 1000;
/** The body of a login, in bytes. */
const maxLoginBytes = 4096;

/**
 * Health, metrics and the status page. Rejects when it cannot listen. Reads only: GET and HEAD, and the login where there is a
 * token. Nothing that a request says is trusted or printed but the address that is looked up.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { clock, log, status, type, changes = new RecentChanges(), targets = [] } = options;
  const heartbeat = new Heartbeat(clock);
  const history = new BlockHistory();
  const access = createPageAccess(type, options.token);
  const routes = new StatusRoutes({ loadPage, ...options, heartbeat, access, history, changes, targets });
  const feed = new LiveFeed({ clock, status: routes.report, changes });
  const timer = setInterval(() => {
    heartbeat.beat();
    if (status().stream.lastPullAt !== undefined) history.sample(clock.wall(), () => heldByOrigin(options));
  }, beatIntervalMs);
  timer.unref();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', search = ''] = (request.url ?? '').split('?', 2);
    try {
      if (request.method === 'POST' && path === '/login' && access.isClosed) await login(request, response);
      else if (request.method !== 'GET' && request.method !== 'HEAD') {
        send(response, plain(405, 'GET or HEAD', { allow: 'GET, HEAD' }));
      } else if (path === '/events' && request.method === 'GET' && access.allows(request)) feed.open(response);
      else send(response, await routes.answer(request, path, new URLSearchParams(search)));
    } catch (error) {
      log.warn({ path, error: messageOf(error) }, 'a status request failed');
      send(response, plain(500, 'internal error'));
    } finally {
      request.resume();
    }
  }

  async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const cookie = access.login(new URLSearchParams(await bodyOf(request)).get('token') ?? '');
    if (cookie === undefined) {
      await clock.sleep(wrongTokenDelayMs);
      send(response, takesHtml(request) ? loginPage(options, true) : plain(401, 'wrong token'));
      return;
    }
    send(response, plain(303, 'signed in', { 'set-cookie': cookie, location: '.' }));
  }

  const stop = (): void => {
    clearInterval(timer);
    feed.close();
  };
  let listening: Listening;
  try {
    listening = await listenAt({
      listen: options.listen,
      variable: 'HTTP_LISTEN',
      limits: options.limits,
      handler: (request, response) => void handle(request, response),
      onTrouble: (error) => {
        log.warn({ error: messageOf(error) }, 'the status server has trouble');
      },
    });
  } catch (error) {
    stop();
    throw error;
  }
  return {
    url: urlOf(listening),
    async close() {
      stop();
      await listening.close();
    },
  };
}

/** The body as text; empty when it is longer than any login. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > maxLoginBytes) return '';
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** Where a person on this machine finds it: an unspecified address is reached by loopback. */
function urlOf({ host, port }: Listening): string {
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${printHostPort({ host: near, port })}/`;
}
