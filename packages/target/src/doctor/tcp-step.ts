import { connect } from 'node:net';
import { TransientError, explainNetworkError, type Clock } from '@bouncer/stream';
import { errorStep, passed } from './check-step.ts';
import type { CheckStep } from './check-step.ts';
import { opened } from './connect.ts';
import type { HostPort } from './host-port.ts';
import { fixFor, troubles } from './troubleshooting.ts';

/** Opens a TCP connection and closes it again. `explain` says what a failure means there; by default, for LAPI. */
export async function tcpStep(
  address: HostPort,
  signal: AbortSignal,
  explain: (error: Error) => Error = (error) => explainLapi(error, address),
  clock?: Clock,
): Promise<CheckStep> {
  const { host, port } = address;
  try {
    const socket = await opened(connect({ host, port }), 'connect', signal, clock);
    const seen = `connected to ${socket.remoteAddress ?? host} port ${socket.remotePort ?? port}`;
    socket.destroy();
    return passed('tcp', seen);
  } catch (error) {
    signal.throwIfAborted();
    return errorStep('tcp', explain(error as Error));
  }
}

function explainLapi(error: Error, { host, port }: HostPort): Error {
  const fix = fixFor(troubles.refusedConnection, { host, port: String(port) });
  const { message, hint } = explainNetworkError(error, { name: `${host} port ${port}`, hints: { other: fix } });
  return new TransientError(message, { hint });
}
