import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { failed, passed } from '../check-step.ts';
import type { CheckStep } from '../check-step.ts';
import type { LapiAddress } from './host-port.ts';
import { fixFor, troubles } from './troubleshooting.ts';

const timeoutMs = 10_000;

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ECONNRESET: 'connection reset',
};

/** Opens a TCP connection to LAPI and closes it again. */
export async function tcpStep({ host, port }: LapiAddress, signal: AbortSignal): Promise<CheckStep> {
  try {
    const socket = await opened(connect({ host, port, signal }));
    const seen = `connected to ${socket.remoteAddress ?? host} port ${socket.remotePort ?? port}`;
    socket.destroy();
    return passed('tcp', seen);
  } catch (error) {
    signal.throwIfAborted();
    const fix = fixFor(troubles.refusedConnection, { host, port: String(port) });
    return failed('tcp', `${causeOf(error)}: ${host} port ${port}`, fix);
  }
}

function opened(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(timeoutMs, () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
    socket.on('error', reject);
    socket.on('connect', () => {
      resolve(socket);
    });
  });
}

function causeOf(error: unknown): string {
  // Several addresses that all failed come as one AggregateError; the first tells enough.
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const code = (first as { code?: string }).code ?? '';
  return words[code] ?? (code === '' ? 'failed' : code);
}
