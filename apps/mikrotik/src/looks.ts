import { familyOf, hintOf, instantNow, messageOf, type Clock, type Network } from '@bouncer/stream';
import type { ApplyReport, Current, Held, Logger } from '@bouncer/target';
import { countRows } from './address-list.ts';
import type { Family, RowRef } from './address-list.ts';
import { readResource } from './device.ts';
import type { Inventory } from './inventory.ts';
import { Listing, readListing } from './listing.ts';
import type { Lists } from './firewall/lists.ts';
import { LookBudget } from './look-budget.ts';
import { trapError } from './routeros/errors.ts';
import type { Link } from './routeros/link.ts';
import type { LifeSign } from './routeros/scan.ts';
import { drawSample, findGone } from './sample.ts';

/** A list is counted in between only as long as it is also read now and then. Milliseconds. */
const LIST_AT_LEAST_MS = 45_000;
/** So many rows of a family that are all gone mean that its list was emptied. */
const WIPED = 3;
/** What lies about rows that we cannot look at now is asked again so long after the next look may begin. Seconds. */
const AFTER_LOOK_SECONDS = 5;

export interface LooksOptions {
  readonly lists: Lists;
  readonly clock: Clock;
  readonly log: Logger;
  readonly inventory: Inventory;
  /** Another connection to the same router. */
  readonly session: (signal: AbortSignal) => Promise<Link>;
}

/** A look that is made aside, on a connection of its own. */
interface Aside {
  readonly stop: AbortController;
  /** What was written while it ran: of that we know more than it does. */
  readonly touched: Set<Network>;
  listing?: Listing;
}

/**
 * Knows what the router holds without asking more of it than it can give. Looking through a menu costs a router some time for
 * each row: where that is short it is done at once; where it is long it is done rarely, and aside, so that no write waits
 * for it. In between a few rows are asked for by their ids.
 */
export class Looks {
  readonly #options: LooksOptions;
  readonly budget = new LookBudget();
  /** True while the ids that we know are those of the router. */
  #isKnown = false;
  #hasFailed = false;
  /** True when something was not as we left it, until the next look. */
  #isInDoubt = false;
  #listedAt = -Infinity;
  #asksById = true;
  readonly #gone = new Set<Network>();
  #aside: Aside | undefined;

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** True once the ids of rows may be used. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** A new connection. The ids go on to count where the router has not been restarted and a look would cost too much. */
  connected(isSameBoot: boolean): void {
    this.#asksById = true;
    this.#isInDoubt = true;
    const isTooEarly = this.#options.clock.now() < this.budget.dueAt(true);
    this.#isKnown &&= isSameBoot && (!this.budget.isCheap || isTooEarly);
  }

  /** The connection is over; what is known stays. */
  stop(): void {
    this.#aside?.stop.abort(new Error('the connection is over'));
    this.#aside = undefined;
  }

  /** The router was restarted: what was in memory is gone, and ids are given out anew. */
  forget(): void {
    this.stop();
    this.#isKnown = false;
  }

  async list(
    link: Link,
    families: readonly Family[],
    known: Held<RowRef> | undefined,
    signal: AbortSignal,
  ): Promise<Current<RowRef>> {
    const now = this.#options.clock.now();
    if (!known || !this.#isKnown) {
      // The last look never came to its end: better to write without one than to wait for ever.
      if (this.#hasFailed && now < this.budget.dueAt()) return { held: new Map(), strays: [] };
      return this.#lookNow(link, families, known, signal);
    }
    const finished = this.#takeAside(known);
    if (finished) return finished;
    const isDue = now >= this.budget.dueAt(this.#isInDoubt);
    if (isDue && this.budget.isCheap) return this.#lookNow(link, families, known, signal);
    if (isDue && !this.#aside) this.#lookAside(link, families, known);
    const current = this.#options.inventory.recall(known, this.#gone, instantNow(this.#options.clock));
    this.#gone.clear();
    return current;
  }

  /** True when nothing is known to be amiss. */
  async verify(link: Link, families: readonly Family[], held: Held<RowRef>, signal: AbortSignal): Promise<boolean> {
    const { inventory, clock } = this.#options;
    // Before the first listing there is nothing to compare with.
    if (!this.#isKnown) return true;
    if (inventory.hasLapsed(instantNow(clock))) return false;
    if (await this.#findsGone(link, held, signal)) return false;
    const now = clock.now();
    if (!this.budget.isCheap || now < this.budget.dueAt() || this.#isListDue(now)) return true;
    const count = await this.#count(link, families, signal);
    this.#isInDoubt = count !== inventory.expectedNow(held) && !this.#isExpected(count, held);
    return !this.#isInDoubt;
  }

  /** The same report, with note taken of what a look that runs aside cannot know. */
  following(report: ApplyReport<RowRef>): ApplyReport<RowRef> {
    return {
      written: (held) => {
        this.#aside?.touched.add(held.network);
        report.written(held);
      },
      removed: (held) => {
        this.#aside?.touched.add(held.network);
        report.removed(held);
      },
      refused: (network, reason) => {
        report.refused(network, reason);
      },
    };
  }

  /** Who has which address, for writes that were refused; until when to leave them alone, where a look would cost too much. */
  async whoHas(
    link: Link,
    families: readonly Family[],
    held: Held<RowRef>,
    signal: AbortSignal,
    isUrgent: boolean,
  ): Promise<Listing | { readonly until: number }> {
    const { clock, inventory } = this.#options;
    const dueAt = this.budget.dueAt(true);
    if (!isUrgent && (!this.budget.isCheap || clock.now() < dueAt)) {
      this.#isInDoubt = true;
      return { until: Math.max(dueAt, clock.now()) / 1000 + AFTER_LOOK_SECONDS };
    }
    const listing = await this.#read(link, families, held, this.#anotherConnection(), signal);
    inventory.refresh(listing);
    return listing;
  }

  async #lookNow(
    link: Link,
    families: readonly Family[],
    known: Held<RowRef> | undefined,
    signal: AbortSignal,
  ): Promise<Current<RowRef>> {
    this.stop();
    const listing = await this.#read(link, families, known, this.#anotherConnection(), signal);
    return this.#take(listing);
  }

  #take(listing: Listing): Current<RowRef> {
    const { inventory, clock } = this.#options;
    this.#isKnown = true;
    this.#isInDoubt = false;
    this.#gone.clear();
    this.#listedAt = clock.now();
    return inventory.reset(listing, instantNow(clock));
  }

  #lookAside(main: Link, families: readonly Family[], known: Held<RowRef>): void {
    const { session, log } = this.#options;
    const aside: Aside = { stop: new AbortController(), touched: new Set() };
    const { signal } = aside.stop;
    this.#aside = aside;
    const look = async (): Promise<void> => {
      let link: Link | undefined;
      main.isPatient = true;
      try {
        link = await session(signal);
        aside.listing = await this.#read(link, families, known, (until) => readResource(main, until), signal);
      } catch (error) {
        if (this.#aside === aside) this.#aside = undefined;
        if (signal.aborted) return;
        log.warn(
          { error: messageOf(error), hint: hintOf(error) },
          'the list could not be looked at; it is tried again',
        );
      } finally {
        main.isPatient = false;
        await link?.close();
      }
    };
    void look();
  }

  /** What a look aside has found, and what was written since it began. */
  #takeAside(known: Held<RowRef>): Current<RowRef> | undefined {
    const aside = this.#aside;
    if (!aside?.listing) return undefined;
    this.#aside = undefined;
    const { held, strays } = this.#take(aside.listing);
    for (const network of aside.touched) {
      const row = known.get(network);
      if (row) held.set(network, row);
      else held.delete(network);
    }
    return { held, strays: strays.filter(({ network }) => !aside.touched.has(network)) };
  }

  async #read(
    link: Link,
    families: readonly Family[],
    known: Held<RowRef> | undefined,
    life: LifeSign,
    signal: AbortSignal,
  ): Promise<Listing> {
    const { clock, lists } = this.#options;
    const startedAt = clock.now();
    const listing = new Listing(known, lists);
    this.#hasFailed = true;
    try {
      for (const family of families) await readListing(link, family, { lists, clock, life }, listing, signal);
      this.#hasFailed = false;
    } finally {
      this.budget.note(startedAt, clock.now());
    }
    return listing;
  }

  /** A life sign by a connection that is made for it. */
  #anotherConnection(): LifeSign {
    return async (signal) => {
      const link = await this.#options.session(signal);
      try {
        await readResource(link, signal);
      } finally {
        await link.close();
      }
    };
  }

  /** Asks for some rows; notes those that are gone, all of a family when every one of its rows is. */
  async #findsGone(link: Link, held: Held<RowRef>, signal: AbortSignal): Promise<boolean> {
    const { lists, clock } = this.#options;
    if (!this.#asksById) return false;
    const sample = drawSample(held, instantNow(clock));
    for (const family of [4, 6] as const) {
      const rows = sample[family];
      const gone = await findGone(link, lists.usual(family), rows, signal);
      this.#asksById = gone !== undefined;
      if (!gone) return false;
      const isWiped = gone.length === rows.length && gone.length >= WIPED;
      for (const network of isWiped ? ownOf(held, family) : gone) this.#gone.add(network);
    }
    this.#isInDoubt ||= this.#gone.size > 0;
    return this.#gone.size > 0;
  }

  async #count(link: Link, families: readonly Family[], signal: AbortSignal): Promise<number> {
    const { lists, clock } = this.#options;
    const startedAt = clock.now();
    let count = 0;
    for (const family of families) {
      const answer = await countRows(link, family, lists.query(family), signal);
      if ('trap' in answer) throw trapError(answer.trap, 'to count the address list', 'read');
      count += answer.count;
    }
    this.budget.note(startedAt, clock.now());
    return count;
  }

  /** A count must not always take the turn of a listing, which tells more. */
  #isListDue(now: number): boolean {
    return this.budget.ms > 0 && now - this.#listedAt >= Math.max(LIST_AT_LEAST_MS, this.budget.pauseMs);
  }

  #isExpected(count: number, held: Held<RowRef>): boolean {
    const { min, max } = this.#options.inventory.expected(held, instantNow(this.#options.clock));
    return min <= count && count <= max;
  }
}

function* ownOf(held: Held<RowRef>, family: Family): Generator<Network> {
  for (const { network, ref } of held.values())
    if (typeof ref === 'number' && familyOf(network) === family) yield network;
}
