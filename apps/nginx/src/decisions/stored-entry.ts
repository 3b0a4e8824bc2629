import type { Entry } from '@bouncer/stream';
import type { WallClock } from '../wall-clock.ts';
import type { StoredEntry } from './decode.ts';
import { NEVER } from './layout.ts';

/** An entry of the file as the connector knows entries. The scenario is only kept for lists. */
export function storedEntry({ network, end, label, isCaptcha }: StoredEntry, wallClock: WallClock): Entry {
  const isList = label.startsWith('lists:');
  return {
    network,
    expiresAt: end === NEVER ? Infinity : wallClock.instantOf(end),
    origin: isList ? 'lists' : label,
    scenario: isList ? label.slice('lists:'.length) : '',
    ...(isCaptcha && { type: 'captcha' }),
  };
}
