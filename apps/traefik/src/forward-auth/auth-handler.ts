import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { instantNow } from '@bouncer/stream';
import type { Clock } from '@bouncer/stream';
import type { Words } from './address-words.ts';
import type { BlockList } from './block-list.ts';
import { ClientAddress } from './client-address.ts';
import type { Whose } from './client-address.ts';
import type { PeerWatch } from './peer-watch.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Where proxies ask. */
export const authPath = '/v1/forward-auth';

export interface AuthOptions {
  readonly blocked: BlockList;
  /** Whose headers are believed; they themselves are never blocked. */
  readonly trusted: BlockList;
  readonly clock: Clock;
  /** Is told of requests that cannot be judged. */
  readonly peers: PeerWatch;
  /** True until the first decisions have come. */
  readonly isWaiting: () => boolean;
  /** Who is let in even when everybody is kept out until then: the own LAN, ALLOWLIST. */
  readonly isExempt?: (client: Words) => boolean;
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
  /** Requests that were turned away unjudged, because too many waited for the first decisions. */
  overflowed: number;
}

/**
 * The verdict on one request after the other: 204 passes, 403 blocks. Traefik and Caddy show the page of a 403 to the
 * client; NGINX has its own, and takes every other status for an error: 503 lets nobody in anywhere.
 */
export function createAuthHandler(options: AuthOptions): { handler: RequestListener; counts: AuthCounts } {
  const { blocked, peers, clock, isWaiting, waitingRoom, untilFirstPull, banPage, otherwise } = options;
  const { isExempt = () => false } = options;
  const client = new ClientAddress(options.trusted);
  const counts: AuthCounts = { passed: 0, blocked4: 0, blocked6: 0, overflowed: 0 };
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
    switch (whose) {
      case 'client':
        peers.counts.named += 1;
        break;
      case 'proxy':
        peers.counts.own += 1;
        return false;
      case 'nameless':
        peers.nameless();
        return false;
      case 'stranger':
        peers.stranger(request.socket.remoteAddress ?? '');
        break;
      case 'unknown':
        return isWaiting() && untilFirstPull === 'closed';
      case 'peer':
        break;
    }
    if (isListed(request, whose)) return true;
    // Whoever stands behind a stranger is not seen, so nothing is known that would exempt it.
    return isWaiting() && untilFirstPull === 'closed' && (whose === 'stranger' || !isExempt(client.words));
  }

  function isListed(request: IncomingMessage, whose: Whose): boolean {
    const now = instantNow(clock);
    if (whose !== 'client' && whose !== 'peer' && whose !== 'stranger') return false;
    return blocked.covers(client.words, now) || (whose === 'stranger' && client.namesBlocked(request, blocked, now));
  }

  function handler(request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }): void {
    const url = request.url ?? '';
    if (!url.startsWith(authPath) || (url.length > authPath.length && url[authPath.length] !== '?')) {
      otherwise(request, response);
      return;
    }
    if (isWaiting()) wait(request, response);
    else judge(request, response);
  }

  /** Who is on the list of an earlier run is refused at once; everybody else may be on the one that is to come. */
  function wait(request: IncomingMessage, response: ServerResponse): void {
    const entered = isListed(request, client.read(request))
      ? 'closed'
      : waitingRoom.enter(() => {
          judge(request, response);
        });
    if (entered === 'closed') judge(request, response);
    if (entered !== 'full') return;
    counts.overflowed += 1;
    response.writeHead(503, { 'retry-after': '1', 'content-length': '0' }).end();
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
