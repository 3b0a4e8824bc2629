import type { Network } from '@bouncer/stream';
import type { Held, HeldEntry } from '../target.ts';

/** What files are made of: to be looked through as often as a renderer likes, while it renders. In no order. */
export interface Listed extends Iterable<HeldEntry> {
  readonly size: number;
}

/** All that is held. */
export function listedOf(held: Held): Listed {
  return { size: held.size, [Symbol.iterator]: () => held.values() };
}

/** What will be held once these are written and those are gone; what is both is written. No copy of what stays is made. */
export function listedAfter(held: Held, written: Held, gone: ReadonlySet<Network>): Listed {
  let size = held.size;
  for (const network of gone) if (held.has(network) && !written.has(network)) size -= 1;
  for (const network of written.keys()) if (!held.has(network)) size += 1;
  return { size, [Symbol.iterator]: () => after(held, written, gone) };
}

function* after(held: Held, written: Held, gone: ReadonlySet<Network>): Generator<HeldEntry, undefined> {
  for (const entry of held.values()) {
    const newer = written.get(entry.network);
    if (newer) yield newer;
    else if (!gone.has(entry.network)) yield entry;
  }
  for (const entry of written.values()) if (!held.has(entry.network)) yield entry;
  return undefined;
}
