import type { HeldEntry } from '@bouncer/target';
import type { WallClock } from '../wall-clock.ts';
import { decodeDecisions } from './decode.ts';
import { NEVER } from './layout.ts';

/** The entries of a `decisions.bin` as they are held; none when it is not one. */
export function* storedEntries(file: Buffer | undefined, wallClock: WallClock): Generator<HeldEntry> {
  for (const { network, end, label, isCaptcha } of decodeDecisions(file ?? Buffer.alloc(0)) ?? []) {
    const expiresAt = end === NEVER ? Infinity : wallClock.instantOf(end);
    yield isCaptcha ? { network, expiresAt, origin: label, type: 'captcha' } : { network, expiresAt, origin: label };
  }
}
