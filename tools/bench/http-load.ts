import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What a round of requests came to. */
export interface Round {
  readonly requests: number;
  readonly seconds: number;
  /** Answers by status. */
  readonly statuses: ReadonlyMap<string, number>;
}

/**
 * Keep-alive connections that ask one request after the other, on bare sockets so that the client costs less than any
 * server. `requests` are whole requests without a body; answers must come with a Content-Length or be 204. Each connection
 * waits `pauseMs` before it asks again: what fails fast is not asked for oftener then.
 */
export async function load(
  port: number,
  requests: readonly Buffer[],
  connections: number,
  seconds: number,
  pauseMs = 0,
): Promise<Round> {
  const statuses = new Map<string, number>();
  let count = 0;
  let next = 0;
  let isOver = false;
  async function one(): Promise<void> {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    let rest = '';
    const ask = (): void => {
      next = (next + 1) % requests.length;
      socket.write(requests[next] ?? '');
    };
    socket.on('data', (bytes: Buffer) => {
      rest += bytes.toString('latin1');
      const head = rest.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(rest)?.[1] ?? 0);
      if (rest.length < head + 4 + length) return;
      const status = rest.slice(9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      rest = '';
      count += 1;
      if (isOver) socket.destroy();
      else if (pauseMs === 0) ask();
      else setTimeout(ask, pauseMs);
    });
    const closed = once(socket, 'close');
    ask();
    await closed;
  }
  const start = performance.now();
  const all = Array.from({ length: connections }, one);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  isOver = true;
  await Promise.all(all);
  return { requests: count, seconds: (performance.now() - start) / 1000, statuses };
}
