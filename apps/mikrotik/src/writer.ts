import { familyOf, instantNow, type Entry, type Network } from '@bouncer/stream';
import type { Changes } from '@bouncer/target';
import { addWords, parseId, removeWords, setWords } from './address-list.ts';
import type { HeldRow, RowRef } from './address-list.ts';
import { Listing } from './listing.ts';
import { Removals, keyOf } from './removals.ts';
import { missingPolicy, trapError, trapKind } from './routeros/errors.ts';
import { runPipeline } from './routeros/pipeline.ts';
import type { Operation } from './routeros/pipeline.ts';
import { timeoutFor } from './routeros/timeouts.ts';
import type { Window } from './routeros/window.ts';
import type { WriterOptions } from './writer-options.ts';

/** A row whose end cannot be moved is replaced when it has no longer than this: plans are made more often. Seconds. */
const REPLACE_SECONDS = 600;

/**
 * Writes one set of changes: creates, then updates, and when all of these are answered, removals. Nothing is looked up
 * beforehand; what the router answers tells. Rejects when the connection is lost or a right is missing.
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #removals: Removals;
  readonly #queue: Operation[] = [];
  /** Adds that were refused because somebody, maybe we, has the address in the list already. */
  #duplicates: Entry[] = [];
  /** Rows that were to go and came to be used again: family and id. */
  readonly #revived = new Set<number>();
  /** What the router has said when it had no room, and the entries that found none. */
  #fullWords: string | undefined;
  #lacking: Entry[] = [];
  /** Refused in words that we do not know: perhaps for want of room. */
  #doubtful: { readonly entry: Entry; readonly trap: string }[] = [];
  #hasMadeRoom = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#removals = new Removals(options);
  }

  async write({ create, update, delete: remove }: Changes<RowRef>): Promise<void> {
    const { room } = this.#options;
    // On a router that is full what goes makes room for what comes; else there is never a gap.
    const isTight = room.cap !== undefined;
    if (isTight) await this.#removals.run(remove, this.#revived);
    this.#hasMadeRoom = isTight && remove.length > 0;
    await this.#write(create, update);
    if (!isTight) await this.#removals.run(remove, this.#revived);
    if (this.#lacking.length > 0) await this.#writeIntoRoom(isTight ? 0 : remove.length);
  }

  async #write(create: readonly Entry[], update: Changes<RowRef>['update']): Promise<void> {
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
    await this.#run(nextWrite, this.#options.windows.write);
    if (this.#duplicates.length > 0) await this.#resolveDuplicates();
    const doubtful = this.#doubtful;
    this.#doubtful = [];
    for (const { entry, trap } of doubtful) this.#lack(entry, trap);
  }

  /** What found no room is tried again when something has gone since; what is left then does not fit. */
  async #writeIntoRoom(removed: number): Promise<void> {
    const { room, held } = this.#options;
    if (removed > 0) {
      const lacking = this.#lacking;
      this.#lacking = [];
      this.#fullWords = undefined;
      this.#hasMadeRoom = true;
      await this.#write(lacking, []);
    }
    if (this.#fullWords !== undefined) room.full(held.size, this.#fullWords);
  }

  #run(next: () => Operation | undefined, window: Window): Promise<void> {
    const { link, clock, signal } = this.#options;
    return runPipeline(link, next, window, clock, signal);
  }

  #create(entry: Entry): Operation | undefined {
    const { inventory, report, clock, families } = this.#options;
    // The router turned out not to have this family: that was said once, and each entry need not fail.
    if (!families.includes(familyOf(entry.network))) return undefined;
    if (this.#fullWords !== undefined) {
      this.#lacking.push(entry);
      return undefined;
    }
    const cover = inventory.coverOf(entry.network, instantNow(clock));
    if (cover?.enabled) {
      report.written(inventory.cover(entry.network, cover));
      return undefined;
    }
    return this.#add(entry, (duplicate) => this.#duplicates.push(duplicate));
  }

  #add(entry: Entry, onDuplicate: (entry: Entry) => void): Operation {
    const { lists, report, inventory } = this.#options;
    const { timeout, expiresAt } = this.#endOf(entry);
    return {
      words: addWords(lists.for(entry), entry, timeout),
      settle: ({ trap, ret }) => {
        if (trap === undefined) {
          inventory.uncover(entry.network);
          const place = lists.areSeveral ? { place: lists.for(entry) } : {};
          report.written({ network: entry.network, expiresAt, ref: parseId(ret), ...place });
          this.#refuseDoubtful();
        } else if (trapKind(trap) === 'duplicate') onDuplicate(entry);
        else if (trapKind(trap) === 'full') this.#lack(entry, trap);
        else if (trapKind(trap) === 'other' && !this.#hasMadeRoom) this.#doubtful.push({ entry, trap });
        else this.#refuse(entry.network, trap);
      },
    };
  }

  #lack(entry: Entry, words: string): void {
    this.#fullWords ??= words;
    this.#lacking.push(entry);
  }

  /** Another entry was taken after them: the router has room, and these it does not want. */
  #refuseDoubtful(): void {
    const doubtful = this.#doubtful;
    if (doubtful.length === 0) return;
    this.#doubtful = [];
    for (const { entry, trap } of doubtful) this.#refuse(entry.network, trap);
  }

  #update(entry: Entry, held: HeldRow): Operation | undefined {
    const { inventory, clock, lists } = this.#options;
    if (typeof held.ref === 'number') {
      const isMoved = held.place !== undefined && held.place !== lists.for(entry);
      return isMoved ? this.#move(entry, held.ref) : this.#set(entry, held, held.ref);
    }
    // Somebody else's row still covers it: its end is not ours to move.
    if (inventory.coverOf(entry.network, instantNow(clock))?.enabled) return undefined;
    return this.#create(entry);
  }

  /** The row in the list where the entry belongs now stands before the one in the other list goes. */
  #move(entry: Entry, id: number): Operation {
    const added = this.#add(entry, (duplicate) => this.#duplicates.push(duplicate));
    return {
      words: added.words,
      settle: (answer) => {
        added.settle(answer);
        if (answer.trap === undefined) this.#queue.push(this.#leave(entry, id));
      },
    };
  }

  #leave({ network }: Entry, id: number): Operation {
    return {
      words: removeWords(familyOf(network), [id]),
      settle: ({ trap }) => {
        // A row that stays all the same is found at the next look, and goes as a second one of its network.
        if (trap !== undefined) this.#demandWritable(trap);
      },
    };
  }

  #set(entry: Entry, held: Pick<HeldRow, 'expiresAt' | 'place'>, id: number): Operation {
    const { report, clock } = this.#options;
    const { timeout, expiresAt } = this.#endOf(entry);
    return {
      words: setWords(id, entry, timeout),
      settle: ({ trap }) => {
        if (trap === undefined) {
          const place = held.place === undefined ? {} : { place: held.place };
          report.written({ network: entry.network, expiresAt, ref: id, ...place });
        } else if (trapKind(trap) === 'missing') {
          // It ended meanwhile, or somebody removed it.
          const operation = this.#create(entry);
          if (operation) this.#queue.push(operation);
        } else this.#keepAlive(entry, held.expiresAt - instantNow(clock), id, trap);
      },
    };
  }

  /**
   * A row whose end the router does not let us move: it goes on until then, and moving it is tried again at every plan. Near
   * its end another one takes its place, so that a ban that lives is never left without a row.
   */
  #keepAlive(entry: Entry, secondsLeft: number, id: number, trap: string): void {
    this.#demandWritable(trap);
    this.#options.room.refusal(entry.network, trap);
    if (secondsLeft <= REPLACE_SECONDS) this.#queue.push(this.#replace(entry, id));
  }

  /** The old row goes and the new one comes in one breath. */
  #replace(entry: Entry, id: number): Operation {
    return {
      words: removeWords(familyOf(entry.network), [id]),
      settle: ({ trap }) => {
        if (trap === undefined || trapKind(trap) === 'missing') this.#queue.unshift(this.#addOnce(entry));
        else this.#refuse(entry.network, trap);
      },
    };
  }

  #addOnce(entry: Entry): Operation {
    return this.#add(entry, () => {
      this.#refuse(entry.network, 'the router reports this address as a duplicate, but does not list it');
    });
  }

  /** A timeout in whole seconds from now, and the moment at which the router will drop the row. */
  #endOf({ expiresAt }: Entry): { timeout: number; expiresAt: number } {
    const now = this.#options.clock.now() / 1000;
    const timeout = timeoutFor(Math.min(expiresAt - now, this.#options.maxTimeout));
    return { timeout, expiresAt: Math.floor(now + timeout) };
  }

  /** Either the value is refused, and the others go on, or nothing can be written at all. */
  #refuse(network: Network, trap: string): void {
    this.#demandWritable(trap);
    this.#options.room.refusal(network, trap);
    this.#options.report.refused(network, trap);
  }

  /** Throws when the words mean that nothing can be written. */
  #demandWritable(trap: string): void {
    const kind = trapKind(trap);
    if (kind === 'permission') throw missingPolicy(['write'], trap);
    if (kind === 'no-command' || kind === 'interrupted') throw trapError(trap, 'the address list', 'write');
  }

  /**
   * One listing tells who has the addresses: a row of ours whose reply was lost, or somebody else. Where a listing costs too
   * much now, they count as blocked, but once only: a row that is switched off would not block them, so the second time it
   * is looked at whatever it costs.
   */
  async #resolveDuplicates(): Promise<void> {
    const { link, families, looks, inventory, held, report, signal, windows } = this.#options;
    const duplicates = this.#duplicates;
    this.#duplicates = [];
    const isUrgent = duplicates.some(({ network }) => inventory.wasAssumed(network));
    const seen = await looks.whoHas(link, families, held, signal, isUrgent);
    for (const entry of duplicates) {
      if (seen instanceof Listing) this.#resolve(entry, seen);
      else report.written(inventory.assume(entry.network, seen.until));
    }
    await this.#run(() => this.#queue.shift(), windows.write);
  }

  #resolve(entry: Entry, listing: Listing): void {
    const { network } = entry;
    const { report, inventory } = this.#options;
    const own = listing.held.get(network);
    const sleeping = listing.strays.find((row) => row.network === network);
    const other = listing.foreign.get(network);
    if (typeof own?.ref === 'number') this.#queue.push(this.#set(entry, own, own.ref));
    else if (typeof sleeping?.ref === 'object') {
      const { id, family } = sleeping.ref;
      this.#revived.add(keyOf(family, id));
      inventory.strayRemoved(sleeping.ref);
      this.#queue.push(this.#replace(entry, id));
    } else if (other?.enabled) report.written(inventory.cover(network, other));
    else if (other)
      this.#refuse(network, 'a disabled entry that this connector has not made holds this address in the list');
    else this.#queue.push(this.#addOnce(entry));
  }
}
