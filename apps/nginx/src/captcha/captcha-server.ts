import { once } from 'node:events';
import { chmodSync, rmSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { messageOf, TransientError } from '@bouncer/stream';

/** Larger than any request of crowdsec.lua; the body has a limit of its own. */
const headerBytes = 8192;
const requestMs = 10_000;
const mostConnections = 512;

/**
 * Listens at a path (a socket) or at `host:port` until aborted.
 * @throws TransientError when it cannot listen there.
 */
export async function listenForCaptchas(listen: string, handler: RequestListener, signal: AbortSignal): Promise<void> {
  const server = createServer({ maxHeaderSize: headerBytes, requestTimeout: requestMs, headersTimeout: 5000 }, handler);
  server.maxConnections = mostConnections;
  try {
    if (listen.startsWith('/')) {
      removeOldSocket(listen);
      server.listen(listen);
    } else {
      const split = listen.lastIndexOf(':');
      server.listen(Number(listen.slice(split + 1)), listen.slice(0, split).replaceAll(/[[\]]/g, ''));
    }
    await once(server, 'listening', { signal });
    // NGINX's workers are another user. Whoever may look into the folder can ask, and learns nothing that way.
    if (listen.startsWith('/')) chmodSync(listen, 0o666);
  } catch (error) {
    server.close();
    const hint = 'free the port, or choose another one in NGINX_CAPTCHA_LISTEN';
    throw new TransientError(`NGINX_CAPTCHA_LISTEN: ${messageOf(error)}`, { cause: error, hint });
  }
  signal.addEventListener(
    'abort',
    () => {
      server.close();
      server.closeAllConnections();
    },
    { once: true },
  );
}

/** A connector that was killed leaves its socket behind. Anything else of that name is not ours to remove. */
function removeOldSocket(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
}
