import type { Instant } from '../clock.ts';
import { familyOf } from '../net/network.ts';
import type { Network } from '../net/network.ts';
import { DecisionRows } from './decision-rows.ts';
import { Decision, isSameEnd } from './decision.ts';
import { DepartedIds } from './departed-ids.ts';
import type { Entry } from './entry.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { MergedEntry, type Shown } from './merged-entry.ts';
import { Provenances, type OriginCount, type Provenance, type ScenarioCount } from './provenance.ts';

/** While the set is filled for the first time, additions are told one by one up to so many: all is new, and compared as a whole. */
const MAX_FIRST_TOUCHED = 10_000;

/**
 * What must be blocked now: every live decision on every network, and the entry they come to. An address stays blocked
 * while any decision on it is alive; the longest sets the end. Ends are whole seconds on the monotonic clock.
 *
 * Written by the stream alone. It holds numbers, about 90 bytes a network all in all; entries and decisions are made for
 * whoever asks, and never change.
 */
export class DecisionSet {
  /** A network with a single decision, which is the common case, is the number of its row. */
  readonly #entries = new Map<Network, number | MergedEntry>();
  readonly #rows = new DecisionRows();
  readonly #queue = new ExpiryQueue();
  readonly #provenances = new Provenances();
  readonly #departed = new DepartedIds();
  #touched = new Set<Network>();
  #isFirstFill = true;
  #decisions = 0;
  #generation = 0;

  /** Networks blocked. */
  get size(): number {
    return this.#entries.size;
  }

  /** Live decisions; a range that was split counts once for each piece. */
  get decisions(): number {
    return this.#decisions;
  }

  /** The earliest moment at which something may expire; undefined when the set is empty. @internal */
  get nextExpiry(): Instant | undefined {
    return this.size === 0 ? undefined : this.#queue.next;
  }

  get(network: Network): Entry | undefined {
    const entry = this.#entries.get(network);
    return typeof entry === 'number' ? this.#rows.entry(entry, network) : entry?.snapshot();
  }

  has(network: Network): boolean {
    return this.#entries.has(network);
  }

  /** All networks blocked, in no order that means anything. */
  networks(): IterableIterator<Network> {
    return this.#entries.keys();
  }

  /** All entries, in the same order. Each is made on the way; for the networks alone, `networks` is quicker. */
  *entries(): IterableIterator<Entry> {
    for (const [network, entry] of this.#entries) {
      yield typeof entry === 'number' ? this.#rows.entry(entry, network) : entry.snapshot();
    }
  }

  /** Shows each network with what decides its place under a cap: without an entry for each of them. */
  visit(see: (network: Network, rank: number, expiresAt: Instant) => void): void {
    this.#entries.forEach((entry, network) => {
      if (typeof entry !== 'number') see(network, entry.provenance.rank, entry.expiresAt);
      else see(network, this.#rows.provenance(entry).rank, this.#rows.end(entry));
    });
  }

  /** The live decisions on exactly this network; none when it is not blocked. */
  decisionsOn(network: Network): readonly Decision[] {
    const entry = this.#entries.get(network);
    if (entry === undefined) return [];
    return typeof entry === 'number' ? [this.#rows.decision(entry, network)] : [...entry.decisions.values()];
  }

  /** True when this very decision is alive on this network. */
  holds(network: Network, id: number): boolean {
    return this.#endOf(network, id) !== undefined;
  }

  /** Networks blocked by origin (`lists:NAME` for lists) and family: each network counts once, for the origin it shows. */
  counts(): readonly OriginCount[] {
    return this.#provenances.counts();
  }

  /** The scenarios that block the most networks, largest first: each network counts once, for the scenario it shows. */
  topScenarios(max: number): readonly ScenarioCount[] {
    return this.#provenances.topScenarios(max);
  }

  /** Adds a decision, or moves the end of one that is known. O(1) but for the queue's O(log n). */
  add(network: Network, id: number, expiresAt: Instant, origin: string, scenario: string, type?: string): void {
    const provenance = this.#provenances.of(origin, scenario, type);
    const entry = this.#entries.get(network);
    if (entry === undefined) this.#insert(network, id, expiresAt, provenance);
    else if (typeof entry !== 'number') this.#addTo(entry, id, expiresAt, provenance);
    else if (this.#rows.id(entry) === id) this.#renew(network, entry, expiresAt, provenance);
    else {
      const merged = new MergedEntry(this.#rows.decision(entry, network));
      this.#rows.leave(entry);
      this.#entries.set(network, merged);
      this.#addTo(merged, id, expiresAt, provenance);
    }
  }

  /** Takes a decision away; the network stays blocked while another is alive. False when it was not there. */
  delete(network: Network, id: number): boolean {
    const isKnown = this.#take(network, id);
    if (isKnown) this.#tidy();
    return isKnown;
  }

  /** Drops what has come to its end. O(due), and once an hour O(n). */
  expire(now: Instant): void {
    if (this.#queue.isOver(now)) this.#queueAll();
    for (let due = this.#queue.takeDue(now); due; due = this.#queue.takeDue(now)) {
      const { network, id } = due;
      const end = this.#endOf(network, id);
      if (end === undefined) continue;
      if (end > now) this.#queue.push(end, network, id);
      else this.#take(network, id);
    }
  }

  /** From here on, every decision added is marked as seen; returns the number of this mark. */
  beginFull(): number {
    return ++this.#generation;
  }

  /** True when this very decision is alive on this network, and was added since the last `beginFull`. */
  wasSeen(network: Network, id: number): boolean {
    return this.decisionsOn(network).some((each) => each.id === id && each.generation === this.#generation);
  }

  /** True when a decision on this network was added since the last `beginFull`. */
  wasNamed(network: Network): boolean {
    const entry = this.#entries.get(network);
    return entry !== undefined && this.#isNamed(entry);
  }

  /** Networks of which no decision was added since `beginFull`: those that a sweep would unblock. O(n). */
  countUnnamed(): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (!this.#isNamed(entry)) count++;
    return count;
  }

  /**
   * Drops every decision that was not added since `beginFull`: the full pull was complete, and LAPI has it no longer.
   * Of networks that are not `isMeant`, and of decisions added since the mark `since`, nothing is dropped.
   */
  sweep(since = this.#generation, isMeant: (network: Network) => boolean = () => true): void {
    for (const [network, entry] of this.#entries) {
      if (typeof entry === 'number') {
        if (this.#rows.generation(entry) < since && isMeant(network)) this.#takeRow(network, entry);
        continue;
      }
      const unseen = [...entry.decisions.values()].filter(({ generation }) => generation < since);
      if (unseen.length > 0 && isMeant(network)) for (const { id } of unseen) this.#take(network, id);
    }
    this.#tidy();
  }

  /** True when this id left a network lately that others still hold: a late or repeated deletion of it means nothing. */
  departedLately(id: number): boolean {
    return this.#departed.has(id);
  }

  /** Forgets ids that departed before the previous call. */
  ageDeparted(): void {
    this.#departed.age();
  }

  /**
   * The networks changed since the last call; of those that came before the first call that `isComplete`, after a whole full
   * pull, maybe only a part.
   */
  takeTouched(isComplete = false): ReadonlySet<Network> {
    const touched = this.#touched;
    if (isComplete) this.#isFirstFill = false;
    if (touched.size > 0) this.#touched = new Set();
    return touched;
  }

  #insert(network: Network, id: number, expiresAt: Instant, provenance: Provenance): void {
    this.#entries.set(network, this.#rows.add(id, expiresAt, provenance, this.#generation));
    this.#decisions++;
    this.#queue.push(expiresAt, network, id);
    this.#provenances.count(provenance, familyOf(network), 1);
    if (!this.#isFirstFill || this.#touched.size < MAX_FIRST_TOUCHED) this.#touched.add(network);
  }

  /** Another word on its only decision. */
  #renew(network: Network, row: number, expiresAt: Instant, provenance: Provenance): void {
    const before = this.#rows.provenance(row);
    const end = this.#rows.end(row);
    this.#rows.mark(row, this.#generation);
    if (before === provenance && isSameEnd(end, expiresAt)) return;
    this.#rows.change(row, expiresAt, provenance);
    // A later end needs nothing: the queue finds the decision early and queues it again.
    if (expiresAt < end) this.#queue.push(expiresAt, network, this.#rows.id(row));
    this.#provenances.move(before, provenance, familyOf(network));
    this.#touched.add(network);
    this.#tidy();
  }

  /** A decision more on a network that has one already, or another word on one of its decisions. */
  #addTo(entry: MergedEntry, id: number, expiresAt: Instant, provenance: Provenance): void {
    const before = entry.shown();
    const known = entry.decisions.get(id);
    if (known) {
      known.generation = this.#generation;
      if (known.provenance === provenance && isSameEnd(known.expiresAt, expiresAt)) return;
      if (expiresAt < known.expiresAt) this.#queue.push(expiresAt, entry.network, id);
      known.expiresAt = expiresAt;
      known.provenance = provenance;
      entry.refresh();
    } else {
      entry.add(new Decision(entry.network, id, expiresAt, provenance, this.#generation));
      this.#decisions++;
      this.#queue.push(expiresAt, entry.network, id);
    }
    this.#tell(entry.network, before, entry);
    if (known) this.#tidy();
  }

  #take(network: Network, id: number): boolean {
    const entry = this.#entries.get(network);
    if (entry === undefined || this.#endOf(network, id) === undefined) return false;
    if (typeof entry === 'number') this.#takeRow(network, entry);
    else this.#takeFrom(entry, id);
    return true;
  }

  #takeRow(network: Network, row: number): void {
    this.#provenances.count(this.#rows.provenance(row), familyOf(network), -1);
    this.#rows.leave(row);
    this.#entries.delete(network);
    this.#decisions--;
    this.#touched.add(network);
  }

  #takeFrom(entry: MergedEntry, id: number): void {
    const { network, decisions } = entry;
    const before = entry.shown();
    entry.remove(id);
    this.#decisions--;
    this.#departed.add(id);
    const [last] = decisions.values();
    if (last && decisions.size === 1) {
      this.#entries.set(network, this.#rows.add(last.id, last.expiresAt, last.provenance, last.generation));
    }
    this.#tell(network, before, entry);
  }

  /** Keeps counts and touched networks right after a change of an entry that stays. */
  #tell(network: Network, before: Shown, { expiresAt, provenance, type }: Shown): void {
    if (provenance === before.provenance && expiresAt === before.expiresAt && type === before.type) return;
    this.#provenances.move(before.provenance, provenance, familyOf(network));
    this.#touched.add(network);
  }

  #queueAll(): void {
    const rows = this.#rows;
    this.#queue.clear();
    for (const [network, entry] of this.#entries) {
      if (typeof entry === 'number') this.#queue.push(rows.end(entry), network, rows.id(entry));
      else for (const { expiresAt, id } of entry.decisions.values()) this.#queue.push(expiresAt, network, id);
    }
  }

  /**
   * Throws away what deletions and moved ends left in the queue, once it is a quarter of what lives. Amortised O(1). A
   * deleted decision's network stays in memory as long as the queue points to it.
   */
  #tidy(): void {
    if (this.#queue.size > 1.25 * this.#decisions + 1024) this.#queueAll();
  }

  #endOf(network: Network, id: number): Instant | undefined {
    const entry = this.#entries.get(network);
    if (entry === undefined) return undefined;
    if (typeof entry !== 'number') return entry.decisions.get(id)?.expiresAt;
    return this.#rows.id(entry) === id ? this.#rows.end(entry) : undefined;
  }

  #isNamed(entry: number | MergedEntry): boolean {
    if (typeof entry === 'number') return this.#rows.generation(entry) === this.#generation;
    return [...entry.decisions.values()].some(({ generation }) => generation === this.#generation);
  }
}
