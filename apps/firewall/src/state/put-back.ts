import type { Changes, Held, Logger } from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';
import type { SavedList } from './saved-list.ts';

/** The part of a target that writes. */
interface Writer {
  apply(changes: Changes<never>, held: Held<never>, report: object, signal: AbortSignal): Promise<void>;
}

/** What came of it is told by the listing that follows. */
const UNTOLD = { written: () => undefined, removed: () => undefined, refused: () => undefined };

/** Puts the last list into a kernel that is empty. Never rejects, but when aborted: LAPI may still be there. */
export async function putBack(
  target: Writer,
  saved: SavedList,
  log: Logger,
  signal: AbortSignal,
  isEmpty: () => Promise<boolean>,
): Promise<void> {
  try {
    const create = saved.read();
    if (create.length === 0 || !(await isEmpty())) return;
    await target.apply({ create, update: [], delete: [] }, new Map(), UNTOLD, signal);
    log.info(
      { entries: create.length },
      'the last list was put back: the kernel was empty, and LAPI is yet to be asked',
    );
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ error: messageOf(error), hint: hintOf(error) }, 'the last list could not be put back');
  }
}
