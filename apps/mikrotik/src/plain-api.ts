import { connect } from 'node:net';
import type { Clock } from '@bouncer/stream';
import { opened } from '@bouncer/target';
import type { Peer } from './routeros/connection-error.ts';

/** Milliseconds that the router has for its first word. */
const TIMEOUT_MS = 3000;
/** `/login` without a name: the service api answers it, old and new, with one sentence, and nothing has come of it. */
const QUESTION = Buffer.from('\u0006/login\u0000', 'latin1');

/** True when the port was seen to speak the API without TLS. Never rejects but with the signal's reason. */
export async function speaksPlainApi({ host, port }: Peer, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await opened(socket, 'connect', signal, clock);
    socket.write(QUESTION);
    const first = new Promise<string>((resolve) => {
      socket.once('data', (data: Buffer) => {
        resolve(data.toString('latin1', 1, 6));
      });
      socket.once('close', () => {
        resolve('');
      });
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    return /^!(?:done|trap|fata)/.test(await first);
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    socket.destroy();
  }
}
