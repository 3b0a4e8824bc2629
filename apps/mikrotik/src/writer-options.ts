import type { Clock } from '@bouncer/stream';
import type { ApplyReport, Held } from '@bouncer/target';
import type { Family, RowRef } from './address-list.ts';
import type { Inventory } from './inventory.ts';
import type { Lists } from './firewall/lists.ts';
import type { Looks } from './looks.ts';
import type { Room } from './room.ts';
import type { Link } from './routeros/link.ts';
import type { Window } from './routeros/window.ts';

/** What one apply works with. */
export interface WriterOptions {
  readonly link: Link;
  readonly lists: Lists;
  readonly families: readonly Family[];
  readonly clock: Clock;
  readonly inventory: Inventory;
  readonly looks: Pick<Looks, 'whoHas'>;
  readonly room: Room;
  /** The longest that a row may be given, in seconds. */
  readonly maxTimeout: number;
  /** What is known to be held. */
  readonly held: Held<RowRef>;
  /** One for small commands and one for batches: what a command costs is not the same. */
  readonly windows: { readonly write: Window; readonly remove: Window };
  readonly report: ApplyReport<RowRef>;
  readonly signal: AbortSignal;
}
