import { familyOf, isSingle } from '@bouncer/stream';
import type { DecisionSet, LiveEntry, Network } from '@bouncer/stream';
import type { Capabilities } from '@bouncer/target';
import { overCap } from './over-cap.ts';

/** The reason of what the cap leaves out. */
export const OVER_LIMIT = 'over MAX_ENTRIES';

/** What a target can take of which nothing is known yet. */
export const NOTHING: Capabilities = { families: [], ranges: false, expires: false };

/** Why an entry of the decision set is not asked of a target. */
export type SkipReason = 'address family is switched off' | 'ranges are not supported' | typeof OVER_LIMIT;

/**
 * What one target should hold: the decision set less what it cannot take. Nothing is copied: only the entries that
 * are left out are remembered, so a target that takes everything costs no memory and a delta costs O(delta).
 * Before a target was opened nobody knows what it can take: then nothing is desired of it and nothing judged; nor of one
 * that takes no family, because somebody else enforces the decisions.
 * Over the cap the choice is made again at every change, which is O(n log n).
 */
export class Desired {
  readonly #set: DecisionSet;
  readonly #capabilities: () => Capabilities | undefined;
  readonly #maxEntries: number | undefined;
  readonly #isHeld: (network: Network) => boolean;
  readonly #skipped = new Map<Network, SkipReason>();
  readonly #reasons = new Map<SkipReason, number>();
  #overLimit = 0;

  /**
   * `capabilities` is asked each time: a device may tell its limits only once it is connected (`refresh` then).
   * `maxEntries` is the user's MAX_ENTRIES; the device's own limit counts as well. Of entries that matter the same,
   * those stay that `isHeld` by the device.
   */
  constructor(
    set: DecisionSet,
    capabilities: () => Capabilities | undefined,
    maxEntries?: number,
    isHeld: (network: Network) => boolean = () => false,
  ) {
    this.#set = set;
    this.#capabilities = capabilities;
    this.#maxEntries = maxEntries;
    this.#isHeld = isHeld;
  }

  /** The most entries that the device may hold; Infinity when there is no limit. */
  get limit(): number {
    const { maxEntries = Infinity, room = Infinity } = this.#capabilities() ?? NOTHING;
    return Math.min(this.#maxEntries ?? maxEntries, room);
  }

  /** How many the cap leaves out. */
  get overLimit(): number {
    return this.#overLimit;
  }

  get size(): number {
    return this.#isAsked ? this.#set.size - this.#skipped.size : 0;
  }

  get(network: Network): LiveEntry | undefined {
    if (!this.#isAsked || this.#skipped.has(network)) return undefined;
    return this.#set.get(network);
  }

  *entries(): IterableIterator<LiveEntry> {
    if (!this.#isAsked) return;
    for (const entry of this.#set.entries()) {
      if (!this.#skipped.has(entry.network)) yield entry;
    }
  }

  skipped(): ReadonlyMap<Network, SkipReason> {
    return this.#skipped;
  }

  /** How many are left out, by reason. O(reasons): asked for by every look at the status. */
  skippedCounts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#reasons].filter(([, count]) => count > 0));
  }

  /** Looks at the whole set again: after a full pull. */
  refresh(): void {
    this.#skipped.clear();
    this.#reasons.clear();
    this.#overLimit = 0;
    if (!this.#isAsked) return;
    for (const entry of this.#set.entries()) this.#judge(entry.network);
    this.#cap();
  }

  /** Chooses again what stays under the cap: once it is known what the device holds, and has room for. */
  chooseAgain(): void {
    if (this.#overLimit > 0 || this.size > this.limit) this.#cap();
  }

  /** Looks at some networks again and returns all whose place may have changed, those moved by the cap included. */
  touch(networks: Iterable<Network>): Set<Network> {
    const changed = new Set<Network>();
    if (!this.#isAsked) return changed;
    for (const network of networks) {
      changed.add(network);
      if (this.#skipped.get(network) === OVER_LIMIT) continue;
      this.#take(network);
      if (this.#set.has(network)) this.#judge(network);
    }
    if (this.#overLimit === 0 && this.size <= this.limit) return changed;
    for (const network of this.#cap()) changed.add(network);
    return changed;
  }

  /** True once there is something that the target would take. */
  get #isAsked(): boolean {
    return (this.#capabilities()?.families.length ?? 0) > 0;
  }

  #judge(network: Network): void {
    const { families, ranges } = this.#capabilities() ?? NOTHING;
    if (!families.includes(familyOf(network))) this.#skip(network, 'address family is switched off');
    else if (!ranges && !isSingle(network)) this.#skip(network, 'ranges are not supported');
  }

  #skip(network: Network, reason: SkipReason): void {
    this.#skipped.set(network, reason);
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  #take(network: Network): void {
    const reason = this.#skipped.get(network);
    if (reason === undefined) return;
    this.#skipped.delete(network);
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) - 1);
  }

  /** Chooses what stays under the cap; returns the networks that were moved in or out. */
  #cap(): Set<Network> {
    const before = new Set<Network>();
    for (const [network, reason] of this.#skipped) {
      if (reason === OVER_LIMIT) before.add(network);
    }
    for (const network of before) this.#take(network);
    this.#overLimit = 0;
    if (this.size <= this.limit) return before;
    const moved = new Set(before);
    for (const entry of overCap([...this.entries()], this.limit, this.#isHeld)) {
      this.#skip(entry.network, OVER_LIMIT);
      this.#overLimit += 1;
      if (!moved.delete(entry.network)) moved.add(entry.network);
    }
    return moved;
  }
}
