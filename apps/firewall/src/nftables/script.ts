import type { Network } from '@bouncer/stream';

/** What an address, a prefix or an interval is made of. Anything else never came out of our own parser. */
const ADDRESSES = /^[0-9a-f:.]+(?:\/\d{1,3}|-[0-9a-f:.]+)?$/;
/** Seconds. */
const DAY_SECONDS = 86_400;
const COMMENT = /^[0-9/,-]{1,120}$/;

/** What ends within so many seconds may be gone when it is asked for. */
export const ENDS_SOON_SECONDS = 5;

/** One element of a set. */
export interface Element {
  /** An address, a prefix, or `first-last`. */
  readonly addresses: string;
  /** Seconds, at least 1. Without it only the key is printed. */
  readonly timeout?: number;
  readonly comment?: string | undefined;
}

/** The element that is looked for: its key alone. */
export function keyOf(network: Network): Element {
  return { addresses: network };
}

/** Where a command applies: `inet crowdsec crowdsec_capi4`. */
export function placeOf(table: string, name: string): string {
  return `inet ${table} ${name}`;
}

/** @throws Error for text that is no address: a slip of ours, since nothing else can get here. */
export function printElement({ addresses, timeout, comment }: Element): string {
  if (!ADDRESSES.test(addresses)) throw new Error(`not an address: ${JSON.stringify(addresses)}`);
  if (timeout === undefined) return addresses;
  if (!Number.isSafeInteger(timeout) || timeout < 1) throw new Error(`not a timeout: ${timeout}`);
  const text = `${addresses} timeout ${printTimeout(timeout)}`;
  if (comment === undefined) return text;
  if (!COMMENT.test(comment)) throw new Error(`not a comment: ${JSON.stringify(comment)}`);
  return `${text} comment "${comment}"`;
}

/** nft 1.0.6 takes no number of seconds beyond a month (`value too large`), but any number of days. */
function printTimeout(seconds: number): string {
  if (seconds < DAY_SECONDS) return `${seconds}s`;
  return `${Math.floor(seconds / DAY_SECONDS)}d${seconds % DAY_SECONDS}s`;
}
