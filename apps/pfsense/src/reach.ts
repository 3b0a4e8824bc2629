import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { failed, passed, type CheckStep } from '@bouncer/target';
import { hintOf, messageOf, type Clock } from '@bouncer/stream';

/** Milliseconds until a connection must have come about. */
const CONNECT_LIMIT = 10_000;

/** A step that ended with this error. */
export function errorStep(step: string, error: unknown): CheckStep {
  return failed(step, messageOf(error), hintOf(error));
}

/** The doctor's step `dns`; `variable` is where the host's name came from. */
export async function dnsStep(host: string, variable: string): Promise<CheckStep> {
  if (isIP(host) !== 0) return passed('dns', `${host} is an address`);
  try {
    const found = await lookup(host, { all: true });
    return passed('dns', `${host} is ${found.map(({ address }) => address).join(', ')}`);
  } catch {
    const fix = `let DNS or /etc/hosts know the name, or give ${variable} as an address`;
    return failed('dns', `no such host: ${host}`, fix);
  }
}

/** Opens a TCP connection and closes it again. Rejects with the system's error, or ETIMEDOUT. */
export async function tcpOpens(host: string, port: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const socket = connect(port, host);
  try {
    await arrival(socket, 'connect', clock, signal);
  } finally {
    socket.destroy();
  }
}

/** Waits for the event, not longer than a connection may take. */
export function arrival(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const end = (settle: () => void): void => {
      over.abort();
      settle();
    };
    socket.once(event, () => {
      end(resolve);
    });
    socket.on('error', (error) => {
      end(() => {
        reject(error);
      });
    });
    clock.sleep(CONNECT_LIMIT, AbortSignal.any([signal, over.signal])).then(
      () => {
        reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
      },
      () => {
        if (signal.aborted) reject(signal.reason as Error);
      },
    );
  });
}
