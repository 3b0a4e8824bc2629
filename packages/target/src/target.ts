import type { Entry, Instant, Network } from '@bouncer/stream';
import type { CheckStep } from './doctor/check-step.ts';

/** What a kind of target can hold. `adjust` drops what it cannot, with a reason. */
export interface Capabilities {
  /** Address families that are switched on. */
  readonly families: readonly (4 | 6)[];
  /** False when only single addresses can be held. */
  readonly ranges: boolean;
  /** True when the device drops an entry by itself at the end that it was given. */
  readonly expires: boolean;
  /** The longest time an entry may be given, in seconds. Longer ones are clamped and lengthened later. */
  readonly maxTimeout?: number;
  /** The most entries the device can take, when it says so itself. MAX_ENTRIES caps as well. */
  readonly maxEntries?: number | undefined;
  /**
   * The most entries that the device has room for, whatever MAX_ENTRIES says. It may be a getter: it is asked at every
   * listing and every change, so that a list shrinks and grows with the room that it has.
   */
  readonly room?: number | undefined;
  /** True while `room` is what was found to fit: then room is made before anything is added. */
  readonly isFull?: boolean;
  /** True when it treats decision types differently: then it tells the type of what it holds, and a change of it is written. */
  readonly types?: boolean;
  /**
   * The most entries given to one `apply`. Set it where a large load takes long, so that a fresh ban overtakes it;
   * leave it out where an apply is one transaction.
   */
  readonly batch?: number;
}

/**
 * One entry that we own on the device, as last seen or written: plain data, and never changed once it was told. There is
 * one for each entry in memory, so it has no other fields than these, and those only where something reads them.
 */
export interface HeldEntry<Ref = undefined> {
  readonly network: Network;
  /** When the device will drop it; Infinity when it never will. */
  readonly expiresAt: Instant;
  /** Decision type as the device has it; only where `capabilities.types` says so. */
  readonly type?: string | undefined;
  /** Label of its origin (`crowdsec`, `lists:NAME`), where the list itself carries it. */
  readonly origin?: string | undefined;
  /** The device's own handle (a row id, for example); only the target reads it. */
  readonly ref?: Ref | undefined;
}

/** What the engine knows the device to hold. It grows and shrinks while an `apply` reports; no target changes or keeps it. */
export type Held<Ref = undefined> = ReadonlyMap<Network, HeldEntry<Ref>>;

/** What the device holds of ours now. */
export interface Current<Ref = undefined> {
  /** A fresh map: the engine takes it over, and changes it from then on. */
  readonly held: Map<Network, HeldEntry<Ref>>;
  /** Rows with our mark that must go whatever is desired: duplicates, disabled rows, text that is no network. */
  readonly strays: readonly HeldEntry<Ref>[];
  /** True when something other than entries has to be written (a file that is missing): asks for an `apply`, if empty. */
  readonly needsApply?: boolean;
}

/** An entry on the device whose end has to move. */
export interface Update<Ref = undefined> {
  readonly entry: Entry;
  readonly held: HeldEntry<Ref>;
}

/** What has to be done, in the order in which it is done: never a gap, so removals last. Plain data, safe to keep. */
export interface Changes<Ref = undefined> {
  readonly create: readonly Entry[];
  readonly update: readonly Update<Ref>[];
  readonly delete: readonly HeldEntry<Ref>[];
}

/** Told by the target while it applies, entry by entry, so that a link cut half-way loses no knowledge. */
export interface ApplyReport<Ref = undefined> {
  /** It is on the device now. Also for one that turned out to be there already. */
  written(held: HeldEntry<Ref>): void;
  /** It is gone from the device now. Also for one that turned out to be gone already. */
  removed(held: HeldEntry<Ref>): void;
  /** The device will not take this one; the others go on. */
  refused(network: Network, reason: string): void;
}

/**
 * What stands between "the device holds the list" and "a banned address is stopped there", as last seen while running: a rule
 * that is gone, proxies that are not trusted. `fail`: banned addresses get through. `warn`: some may. `unseen`: nothing is known
 * to be wrong, but from here it cannot be seen to be right: told beside the verdict, which it does not change.
 */
export interface Concern {
  readonly level: 'unseen' | 'warn' | 'fail';
  /** What was seen, in a sentence without a full stop. */
  readonly seen: string;
  /** What to do about it. */
  readonly fix: string;
}

/** What the device has dropped since it began to count, by address family. */
export interface DropCounters {
  /** Undefined for what the device counts without telling the families apart. */
  readonly family?: 4 | 6 | undefined;
  readonly packets: number;
  readonly bytes: number;
  /** Requests refused, where the device counts requests (a web server); packets and bytes are 0 then. */
  readonly requests?: number;
  /** Requests looked at, whatever became of them. */
  readonly processed?: number;
  /** Packets and bytes looked at, whatever became of them, where the device counts packets; on a row without origin. */
  readonly processedPackets?: number;
  readonly processedBytes?: number;
  /** Origin group when the device counts by it. */
  readonly origin?: string;
  /** What became of the requests that AppSec was asked about; in a row of its own, without the other numbers. */
  readonly appsec?: AppsecCounts;
}

/**
 * Requests by AppSec's word on them. `failed` had none, and followed the failure action. Those that it blocked count as refused
 * as well, in a row with the origin `appsec`.
 */
export interface AppsecCounts {
  readonly passed: number;
  readonly blocked: number;
  readonly failed: number;
}

/** Numbers about the device for the status page and /metrics: static names, units in the name (`free_memory_bytes`). */
export type TargetFacts = Readonly<Record<string, string | number | boolean>>;

/**
 * One list on one device that this connector owns. `Ref` is the device's own handle of a row, where it has one. What is held
 * belongs to the engine and is handed in with every call: a target keeps no list of its own.
 * Errors: AuthError, TransientError or ConfigError, each with a hint.
 */
export interface Target<Ref = undefined> {
  /** For people and logs: `mikrotik 192.168.88.1`. */
  readonly name: string;
  /**
   * True when somebody else enforces the decisions and asks LAPI for them with the same key (a plugin that is only configured
   * here). Where that goes for all targets LAPI is never asked, because every delta goes to one of the two.
   */
  readonly enforcesElsewhere?: boolean;
  /** Connects, makes sure that the list can be written, and tells what it can take now. Called again after every failure. */
  open(signal: AbortSignal): Promise<Capabilities>;
  /**
   * What is on the device now: owned entries only. `known` is what was listed and reported before, absent at the first
   * listing: a large one may take over its entries where they are still right, so that the same again costs little memory.
   * `news` is aborted when something waits to be written meanwhile: a listing that may take long can make room for it.
   */
  list(signal: AbortSignal, known?: Held<Ref>, news?: AbortSignal): Promise<Current<Ref>>;
  /** Writes the changes: creates, then updates, then deletes. Rejects when the device is lost; a refused entry is reported. */
  apply(changes: Changes<Ref>, held: Held<Ref>, report: ApplyReport<Ref>, signal: AbortSignal): Promise<void>;
  /** A cheap look whether the device still holds what we think (count, uptime). False asks for `list` and a reconcile. */
  verify(held: Held<Ref>, signal: AbortSignal): Promise<boolean>;
  /** The doctor's device half. Works without `open`, writes nothing. */
  check(signal: AbortSignal): AsyncIterable<CheckStep>;
  /** What to paste on the device, this configuration's names filled in. */
  setup(): string;
  /**
   * Does on the device what `setup` prints, where that can be done; for `setup --apply`. With `dry` it only tells what it
   * would write. Gives what was done, in lines for people.
   */
  applySetup?(dry: boolean, signal: AbortSignal): Promise<string>;
  /** Takes back what `applySetup` has made; for `setup --remove`. With `dry` it only tells. Gives lines for people. */
  removeSetup?(dry: boolean, signal: AbortSignal): Promise<string>;
  /** What to paste on the device to take back what `setup` prints; for `setup --remove` where we cannot do it ourselves. */
  setupRemoval?(): string;
  /** What the device has dropped, where it counts. */
  counters?(signal: AbortSignal): Promise<readonly DropCounters[]>;
  /** Last known facts about the device; no I/O. */
  facts?(): TargetFacts;
  /** Why a banned address may get through although the list is in place, as last seen; no I/O. Part of the verdict. */
  concerns?(): readonly Concern[];
  /** Removes what `purge` must remove beyond the entries (rules that we made). */
  purge?(signal: AbortSignal): Promise<void>;
  /** What a purge leaves to the user, in lines for people; asked once all is removed. */
  leftAfterPurge?(): string;
  /**
   * What `run` offers beside following, such as a server of its own: called once, before anything is pulled. Resolves when
   * it is up; ends when `signal` is aborted. Rejecting ends `run`, so only for what the protection cannot do without.
   */
  start?(signal: AbortSignal): Promise<void>;
  /** Ends the connection and leaves everything on the device in place. Never throws. */
  close(): Promise<void>;
}

/** A target whatever its handles are: what engine and commands work with. */
export type AnyTarget = Target<unknown>;
