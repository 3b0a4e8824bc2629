import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { instantNow } from '@bouncer/stream';
import type { Clock } from '@bouncer/stream';
import type { BlockList } from './block-list.ts';
import { ClientAddress } from './client-address.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Where proxies ask. */
export const authPath = '/v1/forward-auth';

export interface AuthOptions {
  readonly blocked: BlockList;
  /** Whose headers are believed; they themselves are never blocked. */
  readonly trusted: BlockList;
  readonly clock: Clock;
  /** True until the first decisions have come. */
  readonly isWaiting: () => boolean;
  /** Where requests are kept until then, if it is open. */
  readonly waitingRoom: WaitingRoom;
  /** What happens to requests until then, once they cannot wait any longer. */
  readonly untilFirstPull: 'open' | 'closed';
  /** HTML for banned clients. */
  readonly banPage: string;
  /** Answers what is not about a verdict. */
  readonly otherwise: RequestListener;
}

/** Requests judged so far. */
export interface AuthCounts {
  passed: number;
  blocked4: number;
  blocked6: number;
}

/**
 * The verdict on one request after the other: 204 passes, 403 blocks. Nothing else, since NGINX takes every other status
 * for an error. Traefik and Caddy show the page of a 403 to the client; NGINX has its own.
 */
export function createAuthHandler(options: AuthOptions): { handler: RequestListener; counts: AuthCounts } {
  const { blocked, clock, isWaiting, waitingRoom, untilFirstPull, banPage, otherwise } = options;
  const client = new ClientAddress(options.trusted);
  const counts: AuthCounts = { passed: 0, blocked4: 0, blocked6: 0 };
  // A flat list and a text cost the least: head and page leave in one write.
  const headers = [
    ...['content-type', 'text/html; charset=utf-8'],
    ...['content-length', String(Buffer.byteLength(banPage))],
    ...['cache-control', 'no-store'],
    ...['x-content-type-options', 'nosniff'],
    ...['content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:"],
  ];

  function isBlocked(request: IncomingMessage): boolean {
    const whose = client.read(request);
    if (whose === 'proxy') return false;
    if (isWaiting()) return untilFirstPull === 'closed';
    return whose === 'client' && blocked.covers(client.words, instantNow(clock));
  }

  function handler(request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }): void {
    const url = request.url ?? '';
    if (!url.startsWith(authPath) || (url.length > authPath.length && url[authPath.length] !== '?')) {
      otherwise(request, response);
      return;
    }
    const waits =
      isWaiting() &&
      waitingRoom.enter(() => {
        judge(request, response);
      });
    if (!waits) judge(request, response);
  }

  function judge(request: IncomingMessage, response: ServerResponse): void {
    if (!isBlocked(request)) {
      counts.passed += 1;
      response.writeHead(204).end();
      return;
    }
    if (client.words[2] === 0xffff && client.words[0] === 0 && client.words[1] === 0) counts.blocked4 += 1;
    else counts.blocked6 += 1;
    response.writeHead(403, headers).end(banPage);
  }

  return { handler, counts };
}
