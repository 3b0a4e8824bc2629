import { familyOf, isSingle, originRank } from '@bouncer/stream';
import type { DecisionSet, Entry, Network } from '@bouncer/stream';
import type { Capabilities } from '@bouncer/target';
import { sideOf, withinCap, type Choice, type Visit } from './over-cap.ts';

/** The reason of what the cap leaves out. */
export const OVER_LIMIT = 'over MAX_ENTRIES';

/** What a target can take of which nothing is known yet. */
export const NOTHING: Capabilities = { families: [], ranges: false, expires: false };

/** Why an entry of the decision set is not asked of a target. */
export type SkipReason = 'address family is switched off' | 'ranges are not supported' | typeof OVER_LIMIT;

/**
 * What one target should hold: the decision set less what it cannot take. Nothing is copied: only the entries that it
 * cannot take are remembered, and under a cap those that stay, so a target that takes everything costs no memory, what a
 * cap leaves out costs none, and a delta costs O(delta).
 * Before a target was opened nobody knows what it can take: then nothing is desired of it and nothing judged; nor of one
 * that takes no family, because somebody else enforces the decisions.
 * Over the cap the choice is made again when something came or went that has a place, which is O(n log n). What comes and goes
 * below the cap, most of a long list, costs nothing.
 */
export class Desired {
  readonly #set: DecisionSet;
  readonly #capabilities: () => Capabilities | undefined;
  readonly #maxEntries: number | undefined;
  readonly #isHeld: (network: Network) => boolean;
  readonly #skipped = new Map<Network, SkipReason>();
  readonly #reasons = new Map<SkipReason, number>();
  /** Made for that limit; undefined while all fit. */
  #choice: (Choice & { readonly limit: number }) | undefined;
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
    if (!this.#isAsked) return 0;
    return this.#chosen?.size ?? this.#set.size - this.#skipped.size;
  }

  get(network: Network): Entry | undefined {
    return this.#isAsked && this.#isWanted(network) ? this.#set.get(network) : undefined;
  }

  has(network: Network): boolean {
    return this.#isAsked && this.#isWanted(network) && this.#set.has(network);
  }

  *entries(): IterableIterator<Entry> {
    if (!this.#isAsked) return;
    for (const network of this.#chosen ?? this.#set.networks()) {
      const entry = this.get(network);
      if (entry) yield entry;
    }
  }

  /** Why a network of the decision set is left out; undefined when it is not. */
  skipReason(network: Network): SkipReason | undefined {
    if (this.#chosen === undefined || this.#chosen.has(network)) return this.#skipped.get(network);
    return this.#skipped.get(network) ?? (this.#set.has(network) ? OVER_LIMIT : undefined);
  }

  /** All that is left out, made anew: for whoever asks by hand. */
  *skipped(): Generator<readonly [Network, SkipReason], undefined> {
    if (!this.#isAsked) return undefined;
    for (const network of this.#set.networks()) {
      const reason = this.skipReason(network);
      if (reason !== undefined) yield [network, reason];
    }
    return undefined;
  }

  /** How many are left out, by reason. O(reasons): asked for by every look at the status. */
  skippedCounts(): Readonly<Record<string, number>> {
    const counts = [...this.#reasons, [OVER_LIMIT, this.#overLimit] as const];
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  /** Looks at the whole set again: after a full pull. */
  refresh(): void {
    this.#skipped.clear();
    this.#reasons.clear();
    this.#choice = undefined;
    this.#overLimit = 0;
    if (!this.#isAsked) return;
    const { families, ranges } = this.#capabilities() ?? NOTHING;
    if (families.length < 2 || !ranges) for (const network of this.#set.networks()) this.#judge(network);
    this.#choose();
  }

  /** Chooses again what stays under the cap: once it is known what the device holds, and has room for. */
  chooseAgain(): void {
    if (this.#overLimit > 0 || this.size > this.limit) this.#choose();
  }

  /** Looks at some networks again and returns all whose place may have changed, those moved by the cap included. */
  touch(networks: Iterable<Network>): Set<Network> {
    const changed = new Set<Network>();
    if (!this.#isAsked) return changed;
    for (const network of networks) {
      changed.add(network);
      this.#take(network);
      if (this.#set.has(network)) this.#judge(network);
    }
    if (this.#overLimit === 0 && this.size <= this.limit) return changed;
    const before = this.#chosen;
    if (this.#stands(changed)) return changed;
    this.#choose();
    const after = this.#chosen;
    // Whoever was in before and is not now, and the other way round; while all fitted, everything was in.
    for (const places of before && after ? [before, after] : [this.#set.networks()]) {
      for (const network of places) {
        const [was, is] = [before?.has(network) ?? true, after?.has(network) ?? true];
        if (was !== is && this.#set.has(network) && !this.#skipped.has(network)) changed.add(network);
      }
    }
    return changed;
  }

  /** What stays under the cap; undefined while all fit. */
  get #chosen(): ReadonlySet<Network> | undefined {
    return this.#choice?.chosen;
  }

  /** True when the choice is the same after these have changed: then no more than the number of those left out is new. */
  #stands(changed: Iterable<Network>): boolean {
    const asking = this.#set.size - this.#skipped.size;
    if (!this.#choice || this.#choice.limit !== this.limit || asking <= this.limit) return false;
    const { chosen, border } = this.#choice;
    for (const network of changed) {
      const entry = this.#skipped.has(network) ? undefined : this.#set.get(network);
      const side = entry ? sideOf(border, originRank(entry.origin), entry.expiresAt) : -1;
      if (chosen.has(network) ? side < 0 : side > 0) return false;
    }
    this.#overLimit = asking - chosen.size;
    return true;
  }

  /** True once there is something that the target would take. */
  get #isAsked(): boolean {
    return (this.#capabilities()?.families.length ?? 0) > 0;
  }

  readonly #visit: Visit = (see) => {
    this.#set.visit((network, rank, end) => {
      if (!this.#skipped.has(network)) see(network, rank, end);
    });
  };

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

  #isWanted(network: Network): boolean {
    return this.#chosen?.has(network) ?? !this.#skipped.has(network);
  }

  /** Chooses what stays under the cap. O(n log n). */
  #choose(): void {
    this.#choice = undefined;
    this.#overLimit = 0;
    const { size, limit } = this;
    if (size <= limit) return;
    this.#choice = { ...withinCap(this.#visit, limit, this.#isHeld), limit };
    this.#overLimit = size - this.#choice.chosen.size;
  }
}
