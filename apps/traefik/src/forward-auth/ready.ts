import type { RequestListener } from 'node:http';

/** Where a load balancer asks whether to send proxies here. @internal */
export const readyPath = '/ready';
/** Where health was asked of traefik-crowdsec-bouncer. */
const formerPaths = ['/api/v1/ping', '/api/v1/healthz'];

/**
 * Answers whether verdicts can be given from a list. Not what /readyz tells: while LAPI is away the list still counts, and
 * an endpoint that is taken out of service for it would take every site down.
 */
export function answerReady(isReady: () => boolean, otherwise: RequestListener): RequestListener {
  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (path !== readyPath && !formerPaths.includes(path)) {
      otherwise(request, response);
      return;
    }
    const ready = isReady();
    response.writeHead(ready ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    response.end(ready ? 'ready\n' : 'no list yet\n');
  };
}
