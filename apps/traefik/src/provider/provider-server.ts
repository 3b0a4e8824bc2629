import type { RequestListener } from 'node:http';
import { messageOf } from '@bouncer/stream';
import type { Logger } from '@bouncer/target';
import { documentPath } from '../plugin/documents.ts';
import type { TreeMap } from '../emit/tree.ts';

/**
 * Answers Traefik's HTTP provider with the dynamic part as JSON. The bytes depend on the configuration alone, since Traefik
 * reloads whenever they differ. It takes 200 only, and keeps what it has after any other answer.
 */
export function answerProvider(document: () => TreeMap, log: Logger): RequestListener {
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0];
    if (path !== documentPath || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('not found\n');
      return;
    }
    try {
      const body = `${JSON.stringify(document())}\n`;
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(body);
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the document for the HTTP provider cannot be made');
      response.writeHead(503).end();
    }
  };
}
