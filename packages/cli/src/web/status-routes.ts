import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { BuiltPage } from '@bouncer/status-page';
import type { Counting } from '@bouncer/engine';
import type { BlockHistory } from './block-history.ts';
import { DropWatch } from '../metrics/drop-watch.ts';
import { loginPage } from './login-page.ts';
import { lookUp } from './lookup.ts';
import type { MetricsPage } from '../metrics/metrics.ts';
import type { PageAccess } from './page-access.ts';
import { readiness } from './readiness.ts';
import type { Heartbeat, Verdict } from './readiness.ts';
import type { RecentChanges } from './recent-changes.ts';
import { json, page, plain, takesGzip, takesHtml } from './reply.ts';
import type { Reply } from './reply.ts';
import { statusReport } from './status-json.ts';
import { statusText } from './status-text.ts';
import type { StatusSource } from './status-source.ts';

/** What the pages are made of. */
export interface RouteOptions extends StatusSource {
  readonly heartbeat: Heartbeat;
  readonly access: PageAccess;
  readonly history: BlockHistory;
  readonly changes: RecentChanges;
  readonly targets: readonly Counting[];
  readonly loadPage: () => BuiltPage | undefined;
}

/** Longest text that is looked up; the page's own field takes no more. */
const maxQueryLength = 64;

/** What each path answers to GET; /events and /login are the server's own. */
export class StatusRoutes {
  readonly #options: RouteOptions;
  readonly #drops: DropWatch;
  #metrics: MetricsPage | undefined;
  #built: { readonly reply: Reply; readonly plain: Reply } | undefined;

  constructor(options: RouteOptions) {
    this.#options = options;
    this.#drops = new DropWatch(options.targets, options.clock);
  }

  /** The state, with what the devices have dropped. */
  readonly report = async () => statusReport(this.#options, await this.#drops.read());

  async answer(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Reply> {
    const { type, heartbeat, access, status, clock, history, changes } = this.#options;
    const isAllowed = access.allows(request);
    if (path === '/healthz') return probe(type, heartbeat.verdict(status()), isAllowed);
    if (path === '/readyz') return probe(type, readiness(status(), clock), isAllowed);
    if (!isAllowed) return this.#refusal(request, path);
    const asked = query.get('ip')?.trim().slice(0, maxQueryLength) ?? '';
    switch (path) {
      case '/metrics':
        return this.#metricsReply();
      case '/status.json':
        return json(200, { ...(await this.report()), changes: changes.list() });
      case '/history.json':
        return json(200, history);
      case '/lookup.json':
        return json(200, lookUp(this.#options, asked));
      case '/plain':
        return this.#plainText(asked);
      case '/':
        return this.#builtPage(request) ?? this.#plainText(asked);
      default:
        return plain(404, 'not found');
    }
  }

  /** For people the way in; for programs a plain word. */
  #refusal(request: IncomingMessage, path: string): Reply {
    if ((path === '/' || path === '/plain') && takesHtml(request)) return loginPage(this.#options, false);
    const known = request.headers.authorization === undefined ? 'a token is needed' : 'wrong token';
    return plain(401, known, { 'www-authenticate': 'Bearer' });
  }

  async #metricsReply(): Promise<Reply> {
    // Loaded late: most connectors are never scraped, and it takes 15 MB.
    this.#metrics ??= (await import('../metrics/metrics.ts')).createMetricsPage(this.#options);
    const body = await this.#metrics.render(await this.#drops.read());
    return { status: 200, type: this.#metrics.contentType, body };
  }

  /** Kept as it was compressed when it was built: no work and little memory for each look. */
  #builtPage(request: IncomingMessage): Reply | undefined {
    this.#built ??= replyOf(this.#options.loadPage());
    if (!this.#built) return undefined;
    if (takesGzip(request)) return this.#built.reply;
    return { ...this.#built.plain, body: gunzipSync(this.#built.reply.body) };
  }

  async #plainText(asked: string): Promise<Reply> {
    const lookup = asked === '' ? undefined : lookUp(this.#options, asked);
    return plain(200, statusText(await this.report(), this.#options.changes.list(), lookup));
  }
}

function replyOf(built: BuiltPage | undefined) {
  if (!built) return undefined;
  const body = Buffer.from(built.gzip, 'base64');
  const policy = `script-src ${built.script}; style-src ${built.style}; connect-src 'self'; img-src data:`;
  const uncompressed = page('', policy, { vary: 'accept-encoding' });
  const headers = { ...uncompressed.headers, 'content-encoding': 'gzip' };
  return { plain: uncompressed, reply: { ...uncompressed, body, headers } };
}

/** The type is for `healthcheck`, which has to know its own. Reasons name devices: not for everybody where there is a token. */
function probe(type: string, { ok, reasons }: Verdict, isAllowed: boolean): Reply {
  return json(ok ? 200 : 503, { type, status: ok ? 'ok' : 'failing', ...(isAllowed && { reasons }) });
}
