import type { Instant } from '../clock.ts';
import type { Network } from '../net/network.ts';

/**
 * A block that a target should hold: one network, until a moment, and why. Plain data: safe to keep, spread and compare;
 * it never changes.
 */
export interface Entry {
  /** Canonical text; also the key. */
  readonly network: Network;
  /** The end of the longest live decision on this network. */
  readonly expiresAt: Instant;
  /** Origin as LAPI names it: crowdsec, cscli, cscli-import, console, lists, CAPI ... Of the most local live decision. */
  readonly origin: string;
  /** Scenario of that same decision. For origin `lists` it is the list's name. Untrusted text. */
  readonly scenario: string;
  /** Type of the strictest live decision: `captcha` only while nothing else is alive on the network. */
  readonly type: string;
}

/**
 * The entry of a network as the decision set has it: it changes under whoever keeps it, and most of its fields are getters
 * that a spread leaves behind. For looking at, on the way; whoever keeps one takes a `snapshotOf` it.
 */
export type LiveEntry = Entry;

/** The entry as it is now, as plain data. */
export function snapshotOf({ network, expiresAt, origin, scenario, type }: LiveEntry): Entry {
  return { network, expiresAt, origin, scenario, type };
}
