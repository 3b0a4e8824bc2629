import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to whoever asks for any (32768 and up, `ip_local_port_range`): one of those could be
 * given to somebody else before the program that was told it listens there.
 */
const [FIRST, BEYOND] = [20_000, 32_000] as const;

/** A port of loopback that nobody listens on, for a program that has to be told its port. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, BEYOND);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, '127.0.0.1');
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
