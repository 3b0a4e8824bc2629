import { connect, type Socket as Connection } from 'node:net';
import { AuthError, TransientError, withTimeout, type Clock } from '@bouncer/stream';
import { printSocket, type Socket } from './config.ts';

/** For one exchange from end to end, a long listing as well: what hangs or trickles is given up within 60 s. */
const EXCHANGE_TIMEOUT_MS = 45_000;
/** More than a listing of 5,000,000 entries. */
const MAX_ANSWER_BYTES = 256 * 2 ** 20;

/** What can keep us from the socket, and what to do about it. */
const hints: Readonly<Record<string, string>> = {
  ENOENT: 'add the `stats socket` line that `setup` prints, and check that its folder is shared with the connector',
  ECONNREFUSED: 'check that HAProxy runs and has this `stats socket`',
  EACCES: 'let this user write to the socket: `user`, `group` and `mode` of the `stats socket` line',
};

/**
 * HAProxy's runtime API as it is without `prompt`: a connection for each line of commands, closed by HAProxy behind the last
 * answer. So nothing is left open for an old process to hold after a reload, and every answer has a certain end.
 * Source: HAProxy 2.6, management.txt, 9.3.
 */
export class RuntimeApi {
  readonly #socket: Socket;
  readonly #clock: Clock;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  /**
   * Sends one line of commands, split by `;`, and gives all that is answered.
   * @throws AuthError when this user may not write to the socket, TransientError for everything else.
   */
  async ask(line: string, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const connection = connect('path' in this.#socket ? { path: this.#socket.path } : { ...this.#socket });
    const late = (): Error => new Error(`no whole answer in ${EXCHANGE_TIMEOUT_MS / 1000} s`);
    try {
      const exchange = (limit: AbortSignal): Promise<string> => answerTo(connection, `${line}\n`, limit);
      return await withTimeout(exchange, EXCHANGE_TIMEOUT_MS, this.#clock, signal, late);
    } catch (error) {
      signal.throwIfAborted();
      throw this.#explain(error);
    } finally {
      connection.destroy();
    }
  }

  #explain(error: unknown): Error {
    const { code, message } = error as { code?: string; message?: string };
    const text = `${printSocket(this.#socket)}: ${code ?? message ?? 'failed'}`;
    const hint = hints[code ?? ''] ?? 'check that this is the stats socket of an HAProxy that works';
    if (code === 'EACCES' || code === 'EPERM')
      return new AuthError(`${text}: permission denied`, { cause: error, hint });
    return new TransientError(text, { cause: error, hint });
  }
}

function answerTo(connection: Connection, line: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    signal.addEventListener('abort', () => connection.destroy(signal.reason as Error), { once: true });
    connection.on('error', reject);
    connection.on('data', (part: Buffer) => {
      size += part.length;
      if (size > MAX_ANSWER_BYTES) connection.destroy(new Error('the answer is too long'));
      parts.push(part);
    });
    connection.on('end', () => {
      resolve(Buffer.concat(parts).toString('latin1'));
    });
    connection.on('close', () => {
      reject(new Error('connection closed before the answer was whole'));
    });
    connection.write(line);
  });
}
