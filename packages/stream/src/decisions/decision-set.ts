import type { Instant } from '../clock.ts';
import { familyOf } from '../net/network.ts';
import type { Network } from '../net/network.ts';
import { Decision, GONE } from './decision.ts';
import { DepartedIds } from './departed-ids.ts';
import type { LiveEntry } from './entry.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { MergedEntry } from './merged-entry.ts';
import { Provenances } from './provenance.ts';
import type { OriginCount, ScenarioCount, Provenance } from './provenance.ts';

/**
 * Two readings of one decision's end differ by a few seconds: LAPI cuts the rest of the second off, we round up, and a
 * large answer takes its time.
 * All lie after the true end, so the one we have stands.
 */
const SAME_END_SECONDS = 5;

/** While the set is filled for the first time, additions are told one by one up to so many: all is new, and compared as a whole. */
const MAX_FIRST_TOUCHED = 10_000;

/**
 * What must be blocked now: every live decision on every network, and the entry they come to. An address stays blocked
 * while any decision on it is alive; the longest sets the end. Ends are whole seconds on the monotonic clock.
 *
 * Written by the stream alone. Entries are live: whoever keeps one takes a `snapshotOf` it.
 */
export class DecisionSet {
  readonly #entries = new Map<Network, Decision | MergedEntry>();
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
    return this.#queue.next;
  }

  /** Live: see LiveEntry. */
  get(network: Network): LiveEntry | undefined {
    return this.#entries.get(network);
  }

  has(network: Network): boolean {
    return this.#entries.has(network);
  }

  /** All entries, in no order that means anything. */
  entries(): IterableIterator<LiveEntry> {
    return this.#entries.values();
  }

  /** The live decisions on exactly this network; none when it is not blocked. */
  decisionsOn(network: Network): readonly Decision[] {
    const entry = this.#entries.get(network);
    if (!entry) return [];
    return entry instanceof Decision ? [entry] : [...entry.decisions.values()];
  }

  /** True when this very decision is alive on this network. */
  holds(network: Network, id: number): boolean {
    return decisionOf(this.#entries.get(network), id) !== undefined;
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
    const known = decisionOf(entry, id);
    if (known && entry) {
      known.generation = this.#generation;
      if (
        known.provenance === provenance &&
        known.expiresAt >= expiresAt &&
        known.expiresAt - expiresAt <= SAME_END_SECONDS
      )
        return;
      this.#change(entry, known, expiresAt, provenance);
      return;
    }
    const decision = new Decision(network, id, expiresAt, provenance, this.#generation);
    this.#decisions++;
    this.#queue.push(expiresAt, decision);
    if (!entry) {
      this.#entries.set(network, decision);
      this.#count(decision, 1);
      if (!this.#isFirstFill || this.#touched.size < MAX_FIRST_TOUCHED) this.#touched.add(network);
      return;
    }
    this.#alter(entry, () => {
      const merged = entry instanceof Decision ? new MergedEntry(entry) : entry;
      merged.add(decision);
      if (merged !== entry) this.#entries.set(network, merged);
      return merged;
    });
  }

  /** Takes a decision away; the network stays blocked while another is alive. False when it was not there. */
  delete(network: Network, id: number): boolean {
    const entry = this.#entries.get(network);
    const decision = decisionOf(entry, id);
    if (!entry || !decision) return false;
    this.#remove(entry, decision);
    this.#tidy();
    return true;
  }

  /** Drops what has come to its end. O(due). */
  expire(now: Instant): void {
    for (let decision = this.#queue.takeDue(now); decision; decision = this.#queue.takeDue(now)) {
      if (decision.generation === GONE) continue;
      if (decision.expiresAt > now) {
        this.#queue.push(decision.expiresAt, decision);
        continue;
      }
      const entry = this.#entries.get(decision.network);
      if (entry) this.#remove(entry, decision);
    }
  }

  /** From here on, every decision added is marked as seen; returns the number of this mark. */
  beginFull(): number {
    return ++this.#generation;
  }

  /** True when this very decision is alive on this network, and was added since the last `beginFull`. */
  wasSeen(network: Network, id: number): boolean {
    return decisionOf(this.#entries.get(network), id)?.generation === this.#generation;
  }

  /** True when a decision on this network was added since the last `beginFull`. */
  wasNamed(network: Network): boolean {
    return this.decisionsOn(network).some(({ generation }) => generation === this.#generation);
  }

  /** Networks of which no decision was added since `beginFull`: those that a sweep would unblock. O(n). */
  countUnnamed(): number {
    let count = 0;
    for (const entry of this.#entries.values()) {
      if (entry instanceof Decision) {
        if (entry.generation !== this.#generation) count++;
      } else if (!this.wasNamed(entry.network)) count++;
    }
    return count;
  }

  /**
   * Drops every decision that was not added since `beginFull`: the full pull was complete, and LAPI has it no longer.
   * Of networks that are not `isMeant`, and of decisions added since the mark `since`, nothing is dropped.
   */
  sweep(since = this.#generation, isMeant: (network: Network) => boolean = () => true): void {
    for (const entry of this.#entries.values()) {
      if (entry instanceof Decision) {
        if (entry.generation < since && isMeant(entry.network)) this.#remove(entry, entry);
        continue;
      }
      const unseen = [...entry.decisions.values()].filter(({ generation }) => generation < since);
      if (unseen.length === 0 || !isMeant(entry.network)) continue;
      for (const decision of unseen) {
        const current = this.#entries.get(decision.network);
        if (current) this.#remove(current, decision);
      }
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

  #change(entry: Decision | MergedEntry, decision: Decision, expiresAt: Instant, provenance: Provenance): void {
    // A later end needs nothing: the queue finds the decision early and queues it again.
    if (expiresAt < decision.expiresAt) this.#queue.push(expiresAt, decision);
    this.#alter(entry, () => {
      decision.expiresAt = expiresAt;
      decision.provenance = provenance;
      if (entry instanceof MergedEntry) entry.refresh();
      return entry;
    });
    this.#tidy();
  }

  #remove(entry: Decision | MergedEntry, decision: Decision): void {
    decision.generation = GONE;
    this.#decisions--;
    if (entry instanceof Decision) {
      this.#entries.delete(decision.network);
      this.#count(decision, -1);
      this.#touched.add(decision.network);
      return;
    }
    this.#departed.add(decision.id);
    this.#alter(entry, () => {
      entry.remove(decision);
      if (entry.decisions.size > 1) return entry;
      const [last] = entry.decisions.values();
      if (!last) return entry;
      this.#entries.set(last.network, last);
      return last;
    });
  }

  /** Keeps counts and touched networks right around a change of an entry that stays. */
  #alter(entry: Decision | MergedEntry, change: () => Decision | MergedEntry): void {
    const { expiresAt, provenance, type } = entry;
    const changed = change();
    if (changed.provenance !== provenance) {
      this.#provenances.count(provenance, familyOf(entry.network), -1);
      this.#count(changed, 1);
    } else if (changed.expiresAt === expiresAt && changed.type === type) {
      return;
    }
    this.#touched.add(changed.network);
  }

  #count(entry: Decision | MergedEntry, change: number): void {
    this.#provenances.count(entry.provenance, familyOf(entry.network), change);
  }

  /**
   * Throws away what deletions and moved ends left in the queue, once it is a quarter of what lives. Amortised O(1). A
   * deleted decision stays in memory as long as the queue points to it, and its end may be days away.
   */
  #tidy(): void {
    if (this.#queue.size <= 1.25 * this.#decisions + 1024) return;
    this.#queue.rebuild(this.#allDecisions());
  }

  *#allDecisions(): Generator<Decision> {
    for (const entry of this.#entries.values()) {
      if (entry instanceof Decision) yield entry;
      else yield* entry.decisions.values();
    }
  }
}

function decisionOf(entry: Decision | MergedEntry | undefined, id: number): Decision | undefined {
  if (entry instanceof MergedEntry) return entry.decisions.get(id);
  return entry?.id === id ? entry : undefined;
}
