import type { GuardStatus, Network, StreamStatus } from '@bouncer/stream';
import type { AnyTarget, Concern, TargetFacts } from '@bouncer/target';
import type { DurationCounts } from './duration-counts.ts';

/** What a person should know about an error; no secret, no stack. */
export interface ErrorNote {
  readonly message: string;
  readonly hint: string;
  /** Wall-clock milliseconds. */
  readonly at: number;
}

/**
 * Where a target stands. `in-step`: the device holds the desired set. `away`: it cannot be reached and is tried again.
 * `refused`: it answers and does not let us in or lacks what we need. `dry-run`: looked at, never written.
 */
export type TargetState = 'connecting' | 'reconciling' | 'in-step' | 'away' | 'refused' | 'dry-run' | 'stopped';

/** One device's answer to whether it holds an entry. */
export interface Holder {
  readonly name: string;
  readonly holds: boolean;
  /** Why it does not and will not: left out or refused. */
  readonly reason?: string;
}

/** A device as it is asked what it has dropped; without `counters` it does not count. */
export type Counting = Pick<AnyTarget, 'name' | 'counters'>;

/** Numbers of entries written since start. */
export interface WriteTotals {
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Entries of one plan. */
export interface PlanSize {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

/** One device, as /status.json, /metrics and the page show it. */
export interface TargetStatus {
  readonly name: string;
  readonly state: TargetState;
  /** Entries that the device should hold, after `adjust`. */
  readonly desired: number;
  /** Entries of ours that it holds and whose end has not come; in a dry run none. */
  readonly held: number;
  /** The most entries it may hold, where there is a limit. */
  readonly limit?: number;
  /** Entries left out by `adjust`, by reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Entries that the device would not take. */
  readonly refused: number;
  /** True while the device was found to have no room for all of them. */
  readonly isFull?: boolean;
  /** Set while removals are held back: how many of how many, and until when at least. */
  readonly guard?: GuardStatus;
  /** How often removals were held back since start. */
  readonly guardHolds: number;
  /** Wall-clock milliseconds of the last successful apply or verification. */
  readonly lastSeenAt?: number;
  readonly lastChange?: WriteTotals & { readonly at: number; readonly seconds: number };
  readonly writes: WriteTotals;
  /** What the last plan asked for. */
  readonly lastPlan?: PlanSize;
  /** How long applies took since start, in seconds. */
  readonly applies?: DurationCounts;
  readonly lastError?: ErrorNote;
  readonly failures: number;
  /** Seconds that the last verification took. */
  readonly roundTripSeconds?: number;
  /** Seconds that the last full listing took. */
  readonly listSeconds?: number;
  readonly facts: TargetFacts;
  /** Why a banned address may get through although the list is in place. */
  readonly concerns: readonly Concern[];
}

/** Everything that is known about the running connector. */
export interface ControllerStatus {
  /** Wall-clock milliseconds. */
  readonly startedAt: number;
  readonly stream: StreamStatus;
  readonly targets: readonly TargetStatus[];
  /** Seconds between two pulls of LAPI. */
  readonly updateFrequency: number;
  /**
   * Every target in step, no removals held, and the last pull understood and fresher than three intervals. A dry run is not
   * judged where others are.
   */
  readonly ready: boolean;
}

/** One thing that happened to one address on one device, for the live page and the debug log. */
export interface ChangeEvent {
  readonly at: number;
  readonly target: string;
  readonly action: 'blocked' | 'extended' | 'unblocked' | 'refused';
  readonly network: Network;
  readonly origin: string;
  readonly scenario: string;
  /** Wall-clock milliseconds; absent when it never ends or is not known. */
  readonly expiresAt?: number;
}

/** What a `sync` would do to one target. */
export interface PlanResult {
  readonly target: string;
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  readonly unchanged: number;
  readonly skipped: readonly { readonly value: string; readonly reason: string }[];
  /** Why removals would be held back, when they would. */
  readonly held?: string;
  /** Why nothing can be said of this one of several targets. */
  readonly error?: Error;
}

/** How a one-shot command ended on one target. */
export interface TargetOutcome {
  readonly target: string;
  readonly ok: boolean;
  /** Removals held back, for `sync`. */
  readonly held?: number;
  /** Entries removed, for `purge`. */
  readonly removed?: number;
  /** What is left to do by hand, after a `purge`. */
  readonly note?: string;
  readonly error?: Error;
}
