import { chmodSync, rmSync, statSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { listenAt, type ListenLimits } from '@bouncer/target';

/** As many visitors may be at it as NGINX asks for at once; the body has a limit of its own. */
const limits: Partial<ListenLimits> = { connections: 512 };

/**
 * Listens at a path (a socket) or at `host:port` until aborted.
 * @throws TransientError when it cannot listen there.
 */
export async function listenForCaptchas(
  listen: string,
  handler: RequestListener,
  signal: AbortSignal,
  more: Partial<ListenLimits> = {},
): Promise<void> {
  const isSocket = listen.startsWith('/');
  if (isSocket) removeOldSocket(listen);
  await listenAt({ listen, variable: 'NGINX_CAPTCHA_LISTEN', handler, signal, limits: { ...limits, ...more } });
  // NGINX's workers are another user. Whoever may look into the folder can ask, and learns nothing that way.
  if (isSocket) chmodSync(listen, 0o666);
}

/** A connector that was killed leaves its socket behind. Anything else of that name is not ours to remove. */
function removeOldSocket(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
}
