import { familyOf, type BouncerError } from '@bouncer/stream';
import { removeWords } from './address-list.ts';
import type { Family, HeldRow, RowRef } from './address-list.ts';
import { missingPolicy, trapError, trapKind } from './routeros/errors.ts';
import { runPipeline } from './routeros/pipeline.ts';
import type { Operation } from './routeros/pipeline.ts';
import type { WriterOptions } from './writer-options.ts';

/** Rows that one `remove` names. */
const REMOVE_BATCH = 50;

/** Removes rows, many with one command; which of many is gone already only single removals tell. */
export class Removals {
  readonly #options: WriterOptions;
  readonly #queue: Operation[] = [];
  #failure: BouncerError | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** Removes these rows, but for those that came to be used again. Rejects when the connection is lost or a right is missing. */
  async run(remove: readonly HeldRow[], revived: ReadonlySet<number>): Promise<void> {
    const { link, windows, clock, signal } = this.#options;
    const batches = this.#batches(remove, revived);
    const next = (): Operation | undefined => this.#queue.shift() ?? batches.next().value;
    await runPipeline(link, next, windows.remove, clock, signal);
    if (this.#failure) throw this.#failure;
  }

  *#batches(remove: readonly HeldRow[], revived: ReadonlySet<number>): Generator<Operation, undefined> {
    const waiting = new Map<Family, HeldRow[]>();
    for (const held of remove) {
      const { ref } = held;
      if (ref === undefined) {
        // Somebody else's row: it was only counted as ours.
        this.#removed(held);
        continue;
      }
      const family = typeof ref === 'number' ? familyOf(held.network) : ref.family;
      if (revived.has(keyOf(family, idOf(ref)))) continue;
      const batch = waiting.get(family) ?? [];
      batch.push(held);
      if (batch.length === REMOVE_BATCH) {
        waiting.delete(family);
        yield this.#removal(family, batch);
      } else waiting.set(family, batch);
    }
    for (const [family, batch] of waiting) yield this.#removal(family, batch);
    return undefined;
  }

  #removal(family: Family, batch: readonly HeldRow[]): Operation {
    return {
      words: removeWords(
        family,
        batch.flatMap(({ ref }) => (ref === undefined ? [] : [idOf(ref)])),
      ),
      settle: ({ trap }) => {
        const kind = trap === undefined ? undefined : trapKind(trap);
        if (kind === 'permission') throw missingPolicy(['write'], trap ?? '');
        if (kind !== undefined && batch.length > 1) {
          // Which of them is gone already, and which went before the router came to that one, only single removals tell.
          for (const held of batch) this.#queue.push(this.#removal(family, [held]));
        } else if (kind === undefined || kind === 'missing') {
          for (const held of batch) this.#removed(held);
        } else {
          this.#failure ??= trapError(trap ?? '', 'to remove an entry', 'write');
        }
      },
    };
  }

  #removed(held: HeldRow): void {
    const { inventory, report } = this.#options;
    if (held.ref === undefined) inventory.uncover(held.network);
    else if (typeof held.ref === 'object') inventory.strayRemoved(held.ref);
    report.removed(held);
  }
}

/** A row of either menu as one number. */
export function keyOf(family: Family, id: number): number {
  return id * 2 + (family === 6 ? 1 : 0);
}

function idOf(ref: RowRef): number {
  return typeof ref === 'number' ? ref : ref.id;
}
