import type { Entry } from '@bouncer/stream';
import type { WallClock } from '../wall-clock.ts';
import { decodeDecisions } from './decode.ts';
import { NEVER } from './layout.ts';

/**
 * The entries of a `decisions.bin` as the connector knows entries; none when it is not one. The scenario is only kept for
 * lists.
 */
export function* storedEntries(file: Buffer | undefined, wallClock: WallClock): Generator<Entry> {
  const origins = new Map<string, Pick<Entry, 'origin' | 'scenario'>>();
  for (const { network, end, label, isCaptcha } of decodeDecisions(file ?? Buffer.alloc(0)) ?? []) {
    let known = origins.get(label);
    if (!known) origins.set(label, (known = originOf(label)));
    const { origin, scenario } = known;
    const expiresAt = end === NEVER ? Infinity : wallClock.instantOf(end);
    yield isCaptcha
      ? { network, expiresAt, origin, scenario, type: 'captcha' }
      : { network, expiresAt, origin, scenario };
  }
}

function originOf(label: string): Pick<Entry, 'origin' | 'scenario'> {
  const isList = label.startsWith('lists:');
  return isList ? { origin: 'lists', scenario: label.slice('lists:'.length) } : { origin: label, scenario: '' };
}
