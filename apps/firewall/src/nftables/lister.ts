import type { Held, Logger } from '@bouncer/target';
import { TransientError, instantNow, isSingle, type Clock, type Network } from '@bouncer/stream';
import type { RunProgram } from '../program.ts';
import { Inventory } from './inventory.ts';
import { ListingReader } from './listing.ts';
import type { SetName } from './names.ts';
import { ENDS_SOON_SECONDS, keyOf, placeOf } from './script.ts';
import { Transaction } from './transaction.ts';
import type { HeldElement } from './writer.ts';

/** Milliseconds for a listing of what is known, and for one of what nobody knows yet (a million take ten seconds) ... */
const BASE_MS = 2500;
const FIRST_MS = 12_000;
/** ... and more for each element that is known. */
const MS_EACH = 0.015;
/** On a machine on which a plain look takes longer than this, in milliseconds, all takes longer. */
const USUAL_LOOK_MS = 15;
const MAX_SLOWNESS = 4;
/** What waits to be written lets a listing that matters go on for so long, in milliseconds; longer on a slow machine. */
const FIRST_NEWS_MS = 3000;
/** Without a whole listing for so long, in milliseconds, the next one is given the same time though something waits. */
const UNLISTED_MS = 300_000;
/** Milliseconds for one interval set: these are small. */
const RANGES_MS = 2000;
/** Elements that are written anew together when one of them is missing. */
const CHUNK = 1000;
/** So many listings in a row are left out at most. */
const MAX_SKIPS = 15;

interface ListerOptions {
  readonly table: string;
  readonly sets: () => readonly SetName[];
  readonly run: RunProgram;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is to be read. */
interface Reading {
  readonly known: Held<string>;
  /** Milliseconds that a look without elements took just now. */
  readonly lookMs: number;
  /** Aborted when something waits to be written. */
  readonly news?: AbortSignal | undefined;
}

/**
 * Reads the elements of the table. nft begins a listing anew whenever anybody commits to any table of the host meanwhile, and
 * says nothing until it is through: with a commit every 30 ms that is never. So a listing has a limit; behind it, the kernel is
 * asked for each element that is known, by a deletion that is only tried, which nobody can interrupt. What it cannot show is
 * what others have put in. The next real listings are left out then, twice as many each time.
 */
export class Lister {
  readonly #options: ListerOptions;
  #failures = 0;
  #skips = 0;
  #listedAt = -Infinity;

  constructor(options: ListerOptions) {
    this.#options = options;
  }

  /** How many listings in a row did not come to an end. */
  get failures(): number {
    return this.#failures;
  }

  async read(reading: Reading, signal: AbortSignal): Promise<Inventory> {
    const { known, news } = reading;
    if (this.#skips > 0) this.#skips -= 1;
    else {
      const whole = await this.#whole(reading, signal);
      if (whole) {
        this.#failures = 0;
        this.#listedAt = this.#options.clock.now();
        return whole;
      }
      // One that made room for news would have come to its end.
      if (news?.aborted !== true || known.size === 0) this.#giveUp();
    }
    return this.#carefully(known, signal);
  }

  #giveUp(): void {
    this.#failures += 1;
    this.#skips = Math.min(2 ** this.#failures - 1, MAX_SKIPS);
    const fields = { listings: this.#failures };
    const text =
      'the sets cannot be listed, another program changes the firewall all the time: each element is asked for';
    if (this.#failures === 1) this.#options.log.warn(fields, text);
    else this.#options.log.debug(fields, text);
  }

  async #whole({ known, lookMs, news }: Reading, signal: AbortSignal): Promise<Inventory | undefined> {
    const slowness = Math.min(Math.max(1, lookMs / USUAL_LOOK_MS), MAX_SLOWNESS);
    const limit = ((known.size === 0 ? FIRST_MS : BASE_MS) + MS_EACH * known.size) * slowness;
    const stop = new AbortController();
    const giveUp = (): void => {
      stop.abort();
    };
    const timers = [setTimeout(giveUp, limit)];
    const yieldTo = (): void => {
      // Once in a while a listing comes first all the same: only that shows what others have put in.
      if (known.size > 0 && this.#options.clock.now() - this.#listedAt < UNLISTED_MS) giveUp();
      else timers.push(setTimeout(giveUp, FIRST_NEWS_MS * slowness));
    };
    if (news?.aborted === true) yieldTo();
    else news?.addEventListener('abort', yieldTo, { once: true });
    try {
      const inventory = new Inventory(known, this.#options.clock);
      const isRead = await this.#list(['table', 'inet', this.#options.table], inventory, signal, stop.signal);
      return isRead ? inventory : undefined;
    } finally {
      news?.removeEventListener('abort', yieldTo);
      for (const timer of timers) clearTimeout(timer);
    }
  }

  /** False when it was given up. */
  async #list(what: readonly string[], into: Inventory, signal: AbortSignal, stop: AbortSignal): Promise<boolean> {
    const { sets, clock, run } = this.#options;
    const reader = new ListingReader(sets(), clock, into);
    const onLine = (line: string): void => {
      reader.line(line);
    };
    try {
      await run({ program: 'nft', args: ['list', ...what], signal: AbortSignal.any([signal, stop]), onLine });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      if (stop.aborted) return false;
      throw error;
    }
  }

  async #carefully(known: Held<string>, signal: AbortSignal): Promise<Inventory> {
    const { sets, clock, table } = this.#options;
    const inventory = new Inventory(known, clock);
    const bySet = new Map<string, HeldElement[]>(sets().map(({ name }) => [name, []]));
    for (const entry of known.values()) bySet.get(entry.ref ?? '')?.push(entry);
    const soon = instantNow(clock) + ENDS_SOON_SECONDS;
    for (const { name, ranges } of sets()) {
      const entries = bySet.get(name) ?? [];
      if (ranges) {
        if (entries.length > 0) await this.#ranges(name, entries, inventory, signal);
        continue;
      }
      // What ends any moment now cannot be asked for, and needs no looking after.
      const lasting = entries.filter(({ network, expiresAt }) => isSingle(network) && expiresAt > soon);
      for (const entry of entries) if (entry.expiresAt <= soon) inventory.keep(entry);
      const areAll = await this.#areThere(placeOf(table, name), lasting, signal);
      for (let start = 0; start < lasting.length; start += CHUNK) {
        const chunk = lasting.slice(start, start + CHUNK);
        if (areAll || (await this.#areThere(placeOf(table, name), chunk, signal))) {
          for (const entry of chunk) inventory.keep(entry);
        }
      }
    }
    return inventory;
  }

  async #ranges(name: string, entries: readonly HeldElement[], into: Inventory, signal: AbortSignal): Promise<void> {
    const { clock, table } = this.#options;
    const read = new Inventory(new Map(entries.map((entry) => [entry.network, entry])), clock);
    const isRead = await this.#list(['set', 'inet', table, name], read, signal, AbortSignal.timeout(RANGES_MS));
    // The samples of each look have shown that the set is not empty.
    for (const entry of isRead ? read.finish().held.values() : entries) into.keep(entry);
  }

  async #areThere(
    place: string,
    entries: readonly { readonly network: Network }[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const trial = new Transaction();
    trial.elements(['delete'], place, entries, ({ network }) => keyOf(network));
    try {
      await this.#options.run({ program: 'nft', args: ['-c', '-f', '-'], input: trial.script(), signal });
      return true;
    } catch (error) {
      if (error instanceof TransientError && error.kind === 'gone') return false;
      throw error;
    }
  }
}
