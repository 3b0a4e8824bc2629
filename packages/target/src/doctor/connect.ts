import type { Socket } from 'node:net';
import { systemClock, withTimeout, type Clock } from '@bouncer/stream';

/** Milliseconds until a connection must have come about. */
const TIMEOUT_MS = 10_000;

/**
 * Waits for a connection that was just begun, at most ten seconds; one that does not come about is destroyed. Rejects with
 * the system's error (ETIMEDOUT and ECONNRESET are ours, too), or the signal's reason.
 */
export async function opened<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<S> {
  const open = new Promise<S>((resolve, reject) => {
    socket.once(event, () => {
      resolve(socket);
    });
    socket.on('error', reject);
    socket.once('close', () => {
      reject(Object.assign(new Error('closed by the other side'), { code: 'ECONNRESET' }));
    });
  });
  const late = (): Error => Object.assign(new Error('no answer within 10 s'), { code: 'ETIMEDOUT' });
  try {
    return await withTimeout(() => open, TIMEOUT_MS, clock, signal, late);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
