import type { OriginGroup } from '@bouncer/stream/origin-group';

// What the connector tells the page. Both sides are compiled against this, so that neither can drift from the other.
// Times are wall-clock milliseconds since the epoch. All texts are untrusted.

/** What a person should know about an error. */
export interface PageError {
  readonly message: string;
  readonly hint: string;
  readonly at: number;
}

/** What is said of the protection in one word; see the connector's `verdict`. */
export type PageVerdict = 'protecting' | 'partly' | 'not-protecting' | 'starting' | 'dry-run';

/** Blocked networks by origin (`lists:NAME` for lists) and family. */
export interface PageCount {
  readonly origin: string;
  readonly family: 4 | 6;
  readonly count: number;
}

/** Networks to block because of one scenario. */
export interface PageScenario {
  readonly scenario: string;
  readonly count: number;
}

/** How LAPI answers. */
export interface PageStream {
  /** `unasked`: somebody else enforces the decisions, and asks. */
  readonly state: 'starting' | 'ok' | 'failing' | 'unasked';
  readonly pulls: number;
  readonly fullPulls: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly lastPullAt?: number;
  readonly lastFullAt?: number;
  readonly nextPullAt?: number;
  readonly lastError?: PageError;
  /** What its answers show of its version, such as `1.7.8 or newer`: LAPI never says it. */
  readonly lapiVersion?: string;
  readonly decisions: number;
  readonly skipped: Readonly<Record<string, number>>;
}

/** One device. */
export interface PageTarget {
  readonly name: string;
  readonly state: 'connecting' | 'reconciling' | 'in-step' | 'away' | 'refused' | 'dry-run' | 'stopped';
  readonly desired: number;
  readonly held: number;
  /** The most entries it may hold, where there is a limit. */
  readonly limit?: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly refused: number;
  readonly guard?: { readonly removals: number; readonly held: number; readonly since: number; readonly until: number };
  readonly guardHolds: number;
  readonly lastSeenAt?: number;
  readonly lastChange?: {
    readonly at: number;
    readonly seconds: number;
    readonly created: number;
    readonly updated: number;
    readonly deleted: number;
  };
  readonly writes: { readonly created: number; readonly updated: number; readonly deleted: number };
  readonly lastError?: PageError;
  readonly failures: number;
  readonly roundTripSeconds?: number;
  readonly listSeconds?: number;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  readonly concerns: readonly {
    readonly level: 'unseen' | 'warn' | 'fail';
    readonly seen: string;
    readonly fix: string;
  }[];
}

/** What a device has dropped since it began to count. */
export interface PageDrops {
  readonly target: string;
  /** Absent where the device counts both together. */
  readonly family?: 4 | 6 | undefined;
  readonly origin?: string;
  readonly packets: number;
  readonly bytes: number;
  /** Refused requests, where a web server counts; packets and bytes are 0 then. */
  readonly requests?: number;
  /** Requests looked at. */
  readonly processed?: number;
}

/** The whole state; what /status.json gives but for the changes. */
export interface PageStatus {
  readonly title: string;
  readonly type: string;
  readonly version: string;
  /** The connector's own time when this was written. */
  readonly now: number;
  readonly startedAt: number;
  readonly ready: boolean;
  readonly verdict: PageVerdict;
  /** What there is to say about the verdict, in sentences without a full stop. */
  readonly reasons: readonly string[];
  /** Networks that every device holds; see the connector's `heldEverywhere`. */
  readonly blocked: number;
  /** Networks that LAPI's decisions ask to block. */
  readonly wanted: number;
  readonly counts: readonly PageCount[];
  /** Of what is to be blocked, the largest ones; the rest is what `wanted` is more than their sum. */
  readonly scenarios: readonly PageScenario[];
  /** A few values that were passed over, by reason. */
  readonly skippedExamples: Readonly<Record<string, readonly string[]>>;
  readonly stream: PageStream;
  readonly targets: readonly PageTarget[];
  readonly drops: readonly PageDrops[];
}

/** One thing that happened to one network on one device. */
export interface PageChange {
  readonly at: number;
  readonly target: string;
  readonly action: 'blocked' | 'extended' | 'unblocked' | 'refused';
  readonly network: string;
  readonly origin: string;
  readonly scenario: string;
  readonly expiresAt?: number;
}

/** Event `changes` of /events: what happened since the last one. */
export interface PageChanges {
  /** Newest first; as many as the connector keeps. */
  readonly changes: readonly PageChange[];
  /** How many more there were that are not told. */
  readonly missed: number;
}

/** Blocked networks over time: columns of equal length, oldest first. */
export interface PageSeries {
  /** Milliseconds between samples. */
  readonly step: number;
  readonly times: readonly number[];
  readonly groups: Readonly<Record<OriginGroup, readonly number[]>>;
  readonly ipv6: readonly number[];
}

/** What /history.json gives. */
export interface PageHistory {
  readonly recent: PageSeries;
  readonly day: PageSeries;
}

/** What /lookup.json gives. */
export interface PageLookup {
  readonly asked: string;
  /** Canonical text; absent when it is no address. */
  readonly network?: string;
  /** True when every device that is written at all holds an entry that covers it. */
  readonly blocked: boolean;
  /** Each device: whether it stops all of it, and if it never will, why. */
  readonly devices: readonly PageHolder[];
  /** Why CrowdSec's decision on it does not block it, when there is one. */
  readonly leftOut?: string;
  /** Why it is never blocked, whatever CrowdSec says. */
  readonly neverBlocked?: string;
  /** Of a range: the decisions on networks inside it, those networks, and how many of them every device holds. */
  readonly inside?: { readonly decisions: number; readonly networks: number; readonly blocked: number };
  /** Narrowest first; empty when nothing covers it. */
  readonly decisions: readonly PageFound[];
}

/** A live decision that covers the address. */
export interface PageFound {
  readonly network: string;
  readonly id: number;
  readonly origin: string;
  readonly scenario: string;
  readonly expiresAt: number;
  readonly devices: readonly PageHolder[];
}

/** One device's answer. */
export interface PageHolder {
  readonly name: string;
  readonly holds: boolean;
  /** Why it does not and will not. */
  readonly reason?: string;
}

/** One row of the list of what is blocked. */
export interface PageListed {
  readonly network: string;
  readonly origin: string;
  readonly scenario: string;
  readonly type: string;
  readonly expiresAt: number;
  /** True when every device holds it. */
  readonly blocked: boolean;
}

/** What /decisions.json gives: what was detected here first. */
export interface PageList {
  /** How many fit; more than the rows when not all are told. */
  readonly total: number;
  readonly rows: readonly PageListed[];
}
