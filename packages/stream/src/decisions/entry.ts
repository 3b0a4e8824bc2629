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
