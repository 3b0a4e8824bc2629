import { familyOf, instantNow, type BouncerError, type Clock, type Entry, type Network } from '@bouncer/stream';
import type { ApplyReport, Changes, Held } from '@bouncer/target';
import { addWords, parseId, removeWords, setWords } from './address-list.ts';
import type { Family, HeldRow, RowRef } from './address-list.ts';
import type { Inventory } from './inventory.ts';
import { Listing, readListing } from './listing.ts';
import { missingPolicy, trapError, trapKind } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import { runPipeline } from './routeros/pipeline.ts';
import type { Operation } from './routeros/pipeline.ts';
import { timeoutFor } from './routeros/timeouts.ts';
import type { Window } from './routeros/window.ts';

/** Rows that one `remove` names. */
const REMOVE_BATCH = 50;

/** What one apply works with. */
export interface WriterOptions {
  readonly link: Link;
  readonly list: string;
  readonly families: readonly Family[];
  readonly clock: Clock;
  readonly inventory: Inventory;
  /** What is known to be held. */
  readonly held: Held<RowRef>;
  /** One for small commands and one for batches: what a command costs is not the same. */
  readonly windows: { readonly write: Window; readonly remove: Window };
  readonly report: ApplyReport<RowRef>;
  readonly signal: AbortSignal;
}

/**
 * Writes one set of changes: creates, then updates, and when all of these are answered, removals. Nothing is looked up
 * beforehand; what the router answers tells. Rejects when the connection is lost or a right is missing.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #queue: Operation[] = [];
  /** Adds that were refused because somebody, maybe we, has the address in the list already. */
  #duplicates: Entry[] = [];
  /** Rows that were to go and came to be used again: family and id. */
  readonly #revived = new Set<string>();
  #failure: BouncerError | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  async write({ create, update, delete: remove }: Changes<RowRef>): Promise<void> {
    const { windows } = this.#options;
    let created = 0;
    let updated = 0;
    const nextWrite = (): Operation | undefined => {
      for (;;) {
        const queued = this.#queue.shift();
        if (queued) return queued;
        const entry = create[created++];
        if (entry) {
          const operation = this.#create(entry);
          if (operation) return operation;
          continue;
        }
        const change = update[updated++];
        if (!change) return undefined;
        const operation = this.#update(change.entry, change.held);
        if (operation) return operation;
      }
    };
    await this.#run(nextWrite, windows.write);
    if (this.#duplicates.length > 0) await this.#resolveDuplicates();
    await this.#remove(remove);
    if (this.#failure) throw this.#failure;
  }

  #run(next: () => Operation | undefined, window: Window): Promise<void> {
    const { link, clock, signal } = this.#options;
    return runPipeline(link, next, window, clock, signal);
  }

  #create(entry: Entry): Operation | undefined {
    const { inventory, report, clock, families } = this.#options;
    // The router turned out not to have this family: that was said once, and each entry need not fail.
    if (!families.includes(familyOf(entry.network))) return undefined;
    const cover = inventory.coverOf(entry.network, instantNow(clock));
    if (cover?.enabled) {
      report.written(inventory.cover(entry.network, cover));
      return undefined;
    }
    return this.#add(entry, (duplicate) => this.#duplicates.push(duplicate));
  }

  #add(entry: Entry, onDuplicate: (entry: Entry) => void): Operation {
    const { list, report, inventory } = this.#options;
    const { timeout, expiresAt } = this.#endOf(entry);
    return {
      words: addWords(list, entry, timeout),
      settle: ({ trap, ret }) => {
        if (trap === undefined) {
          inventory.uncover(entry.network);
          report.written({ network: entry.network, expiresAt, ref: parseId(ret) });
        } else if (trapKind(trap) === 'duplicate') onDuplicate(entry);
        else this.#refuse(entry.network, trap);
      },
    };
  }

  #update(entry: Entry, held: HeldRow): Operation | undefined {
    if (typeof held.ref === 'number') return this.#set(entry, held.ref);
    const { inventory, clock } = this.#options;
    // Somebody else's row still covers it: its end is not ours to move.
    if (inventory.coverOf(entry.network, instantNow(clock))?.enabled) return undefined;
    return this.#create(entry);
  }

  #set(entry: Entry, id: number): Operation {
    const { report } = this.#options;
    const { timeout, expiresAt } = this.#endOf(entry);
    return {
      words: setWords(id, entry, timeout),
      settle: ({ trap }) => {
        if (trap === undefined) {
          report.written({ network: entry.network, expiresAt, ref: id });
        } else if (trapKind(trap) === 'missing') {
          // It ended meanwhile, or somebody removed it.
          const operation = this.#create(entry);
          if (operation) this.#queue.push(operation);
        } else this.#refuse(entry.network, trap);
      },
    };
  }

  /** A timeout in whole seconds from now, and the moment at which the router will drop the row. */
  #endOf({ expiresAt }: Entry): { timeout: number; expiresAt: number } {
    const now = this.#options.clock.now() / 1000;
    const timeout = timeoutFor(expiresAt - now);
    return { timeout, expiresAt: Math.floor(now + timeout) };
  }

  /** Either the value is refused, and the others go on, or nothing can be written at all. */
  #refuse(network: Network, trap: string): void {
    switch (trapKind(trap)) {
      case 'permission':
        throw missingPolicy(['write'], trap);
      case 'no-command':
      case 'interrupted':
        throw trapError(trap, 'the address list', 'write');
      default:
        this.#options.report.refused(network, trap);
    }
  }

  /** One listing tells who has the addresses: a row of ours whose reply was lost, or somebody else. */
  async #resolveDuplicates(): Promise<void> {
    const { link, list, clock, inventory, held, signal, windows } = this.#options;
    const duplicates = this.#duplicates;
    this.#duplicates = [];
    const listing = new Listing(held);
    for (const family of this.#options.families) await readListing(link, family, list, clock, listing, signal);
    inventory.refresh(listing);
    for (const entry of duplicates) this.#resolve(entry, listing);
    await this.#run(() => this.#queue.shift(), windows.write);
  }

  #resolve(entry: Entry, listing: Listing): void {
    const { network } = entry;
    const { report, inventory } = this.#options;
    const own = listing.held.get(network)?.ref;
    const sleeping = listing.strays.find((row) => row.network === network);
    const other = listing.foreign.get(network);
    if (typeof own === 'number') this.#queue.push(this.#set(entry, own));
    else if (typeof sleeping?.ref === 'object') {
      const { id, family } = sleeping.ref;
      this.#revived.add(`${String(family)} ${String(id)}`);
      this.#queue.push(this.#set(entry, id));
    } else if (other?.enabled) report.written(inventory.cover(network, other));
    else if (other)
      report.refused(network, 'a disabled entry that this connector has not made holds this address in the list');
    else {
      this.#queue.push(
        this.#add(entry, () => {
          report.refused(network, 'the router reports this address as a duplicate, but does not list it');
        }),
      );
    }
  }

  async #remove(remove: readonly HeldRow[]): Promise<void> {
    const batches = this.#batches(remove);
    await this.#run(() => this.#queue.shift() ?? batches.next().value, this.#options.windows.remove);
  }

  *#batches(remove: readonly HeldRow[]): Generator<Operation, undefined> {
    const waiting = new Map<Family, HeldRow[]>();
    for (const held of remove) {
      const { ref } = held;
      if (ref === undefined) {
        // Somebody else's row: it was only counted as ours.
        this.#removed(held);
        continue;
      }
      const family = typeof ref === 'number' ? familyOf(held.network) : ref.family;
      if (this.#revived.has(`${String(family)} ${String(idOf(ref))}`)) continue;
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

function idOf(ref: RowRef): number {
  return typeof ref === 'number' ? ref : ref.id;
}
