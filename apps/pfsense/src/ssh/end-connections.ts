import type { Logger } from '@bouncer/target';
import { hintOf, messageOf, type Network } from '@bouncer/stream';
import { lines } from '../list/alias-file.ts';
import type { Firewall } from './firewall.ts';

/** New bans whose open connections are ended at once: the most important come first, and a first load has thousands. */
const MAX_AT_ONCE = 256;

/** Ends the open connections of networks that have just been banned. They are banned either way, so trouble is only told: false. */
export async function endConnections(
  firewall: Firewall,
  networks: readonly Network[],
  log: Logger,
  signal: AbortSignal,
): Promise<boolean> {
  if (networks.length === 0) return true;
  try {
    await firewall.killStates(Buffer.from(lines(networks.slice(0, MAX_AT_ONCE))), signal);
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (firewall.error) throw firewall.error;
    log.warn({ error: messageOf(error), hint: hintOf(error) }, 'open connections of banned addresses go on');
    return false;
  }
}
