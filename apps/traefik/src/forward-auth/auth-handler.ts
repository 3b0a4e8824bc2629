import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { instantNow } from '@bouncer/stream';
import type { Clock } from '@bouncer/stream';
import type { AtOnce, BareRequest, DecisionIdOf } from '@bouncer/target';
import { networkOf } from './address-words.ts';
import type { Words } from './address-words.ts';
import { extAuthzPath } from './asked.ts';
import type { Answers, Refused } from './answers.ts';
import type { BlockList } from './block-list.ts';
import { ClientAddress } from './client-address.ts';
import type { Whose } from './client-address.ts';
import type { Admission, Gate } from './gate.ts';
import type { PeerWatch } from './peer-watch.ts';
import type { Probe } from './probe.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Where proxies ask. */
export const authPath = '/v1/forward-auth';
/** Where they asked traefik-crowdsec-bouncer. */
const formerPath = '/api/v1/forwardAuth';

export interface AuthOptions {
  readonly blocked: BlockList;
  /** Who has to solve a captcha; only with a gate that has one. */
  readonly captchas?: BlockList;
  /** What is asked about requests that the list lets pass. */
  readonly gate?: Gate | undefined;
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
  readonly answers: Answers;
  readonly decisionId?: DecisionIdOf | undefined;
  /** What `check` asks with, through the proxy. */
  readonly probe?: Probe | undefined;
  /** Answers what is not about a verdict. */
  readonly otherwise: RequestListener;
}

/** Requests judged so far. */
export interface AuthCounts {
  passed: number;
  blocked4: number;
  blocked6: number;
  /** Refused by AppSec's word. */
  appsec4: number;
  appsec6: number;
  /** Requests that were turned away unjudged, because too many waited for the first decisions. */
  overflowed: number;
}

type Response = ServerResponse & { req: IncomingMessage };

/**
 * The verdict on one request after the other: 204 passes, 403 (or the status that was chosen) blocks. Traefik and Caddy show
 * what comes with it to the client; NGINX has a page of its own, and takes every other status for an error: 503 lets nobody
 * in anywhere.
 */
export function createAuthHandler(options: AuthOptions): {
  handler: RequestListener;
  /** The same verdict on the requests that are most: of clients that pass. */
  atOnce: AtOnce;
  counts: AuthCounts;
} {
  const { blocked, captchas, gate, answers, peers, clock, isWaiting, waitingRoom, untilFirstPull, otherwise } = options;
  const { isExempt = () => false, probe, decisionId } = options;
  const client = new ClientAddress(options.trusted);
  const counts: AuthCounts = { passed: 0, blocked4: 0, blocked6: 0, appsec4: 0, appsec6: 0, overflowed: 0 };
  function isBlocked(request: IncomingMessage, whose: Whose): boolean {
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

  function atOnce(request: BareRequest): number | undefined {
    if (gate || request.url !== authPath || isWaiting() || client.read(request) !== 'client') return undefined;
    if (probe?.isAddress(client.words) === true || probe?.isMarked(request.rawHeaders) === true) return undefined;
    if (blocked.covers(client.words, instantNow(clock))) return undefined;
    peers.counts.named += 1;
    counts.passed += 1;
    return 204;
  }

  function handler(request: IncomingMessage, response: Response): void {
    const url = request.url ?? '';
    if (!isAt(url, authPath) && !isAt(url, formerPath) && !isBelow(url, extAuthzPath)) {
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

  function judge(request: IncomingMessage, response: Response): void {
    const whose = client.read(request);
    if (probe && isProbe(probe, request, response, whose)) return;
    if (isBlocked(request, whose)) {
      const address = networkOf(client.words);
      counts[address.includes(':') ? 'blocked6' : 'blocked4'] += 1;
      answers.ban(request, response, { client: address, ...causeIn(blocked) });
      return;
    }
    // Who is no proxy asks for itself alone.
    if (gate && whose !== 'peer' && whose !== 'unknown') {
      admit(gate, request, response);
      return;
    }
    pass(response);
  }

  /** Why the client of this moment is on the list. */
  function causeIn(list: BlockList): Pick<Refused, 'reason' | 'decision'> {
    const { reason, network } = list.coverOf(client.words, instantNow(clock));
    const decision = (): number | undefined => {
      const covering = network();
      return covering === undefined ? undefined : decisionId?.(covering, reason);
    };
    return { reason, decision };
  }

  /** The probe of `check`, which counts for nothing: refused like who is banned, or told whom we took for the client. */
  function isProbe(by: Probe, request: IncomingMessage, response: Response, whose: Whose): boolean {
    if (isWaiting()) return false;
    if (whose === 'client' && by.isAddress(client.words)) {
      answers.ban(request, response, { client: networkOf(client.words), reason: 'check' });
      return true;
    }
    if (!by.isMarked(request.rawHeaders)) return false;
    answers.seen(response, { whose, address: networkOf(client.words) });
    return true;
  }

  function pass(response: Response): void {
    counts.passed += 1;
    // For Envoy nothing but 200 passes.
    response.writeHead(response.req.url?.startsWith(extAuthzPath) === true ? 200 : 204).end();
  }

  function admit(at: Gate, request: IncomingMessage, response: Response): void {
    const address = networkOf(client.words);
    const mustSolve = captchas?.covers(client.words, instantNow(clock)) === true;
    const cause = mustSolve ? causeIn(captchas) : { reason: 'appsec' };
    const isIpv4 = !address.includes(':');
    at.admit(request, address, mustSolve).then(
      (admission) => {
        answer(admission, request, response, { client: address, ...cause, isIpv4 });
      },
      () => response.destroy(),
    );
  }

  function answer(
    admission: Admission,
    request: IncomingMessage,
    response: Response,
    { isIpv4, ...refused }: Refused & { readonly isIpv4: boolean },
  ): void {
    switch (admission.kind) {
      case 'pass':
        pass(response);
        return;
      case 'solved':
        answers.solved(response, admission);
        return;
      case 'captcha':
        counts[`${admission.by === 'list' ? 'blocked' : 'appsec'}${isIpv4 ? 4 : 6}`] += 1;
        answers.captcha(request, response, admission, refused);
        return;
      case 'ban':
        counts[isIpv4 ? 'appsec4' : 'appsec6'] += 1;
        answers.ban(request, response, { client: refused.client, reason: 'appsec', status: admission.status });
    }
  }

  return { handler, atOnce, counts };
}

function isAt(url: string, path: string): boolean {
  return url.startsWith(path) && (url.length === path.length || url[path.length] === '?');
}

function isBelow(url: string, path: string): boolean {
  return url.startsWith(path) && (url.length === path.length || '/?'.includes(url[path.length] ?? ''));
}
