import {
  instantNow,
  parseNetwork,
  toInterval,
  type Clock,
  type Instant,
  type Interval,
  type Network,
} from '@bouncer/stream';
import type { SetName } from './names.ts';

/** An element of an interval set, as nft prints it. */
export interface ListedSegment extends Interval {
  readonly expiresAt: Instant;
  readonly comment?: string | undefined;
}

/** Takes what is read. */
export interface ListingSink {
  single(set: SetName, network: Network, expiresAt: Instant): void;
  segment(set: SetName, segment: ListedSegment): void;
}

const SET = /^\tset (\S+) \{$/;
const ELEMENT =
  /([0-9a-f:.]+(?:\/\d+|-[0-9a-f:.]+)?)( timeout \w+)?(?: expires (\w+))?(?: comment "([^"]*)")?(?:,|$| \})/y;
const PARTS = /(\d+)(ms|[dhms])/g;
const MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/**
 * Reads `nft list table`, line by line as it arrives: a hundred thousand elements never stand in memory as text.
 * Text, because as JSON it takes nft twice the memory (128 MB at 100,000) and no less time.
 */
export class ListingReader {
  readonly #sets: ReadonlyMap<string, SetName>;
  readonly #clock: Clock;
  readonly #sink: ListingSink;
  #set: SetName | undefined;
  #inElements = false;

  constructor(sets: readonly SetName[], clock: Clock, sink: ListingSink) {
    this.#sets = new Map(sets.map((set) => [set.name, set]));
    this.#clock = clock;
    this.#sink = sink;
  }

  line(line: string): void {
    if (this.#inElements) {
      this.#elements(line);
      return;
    }
    const set = SET.exec(line);
    if (set) this.#set = this.#sets.get(set[1] ?? '');
    else if (line === '\t}') this.#set = undefined;
    else if (this.#set && line.startsWith('\t\telements = {')) {
      this.#inElements = true;
      this.#elements(line.slice('\t\telements = {'.length));
    }
  }

  #elements(line: string): void {
    const set = this.#set;
    let index = 0;
    while (set && index < line.length) {
      if (line[index] === ' ' || line[index] === '\t') {
        index += 1;
        continue;
      }
      ELEMENT.lastIndex = index;
      const found = ELEMENT.exec(line);
      if (!found) break;
      index = ELEMENT.lastIndex;
      const [, addresses = '', timeout, expires, comment] = found;
      // An element whose time is up, but not yet cleared away, has a timeout and no end.
      if (timeout !== undefined && expires === undefined) continue;
      this.#element(set, addresses, expires, comment);
    }
    if (line.endsWith('}')) this.#inElements = false;
  }

  #element(set: SetName, addresses: string, expires: string | undefined, comment: string | undefined): void {
    const expiresAt = expires === undefined ? Infinity : instantNow(this.#clock) + secondsOf(expires);
    if (!set.ranges) {
      this.#sink.single(set, addresses as Network, expiresAt);
      return;
    }
    const interval = intervalOf(addresses);
    if (interval) this.#sink.segment(set, { ...interval, expiresAt, comment });
  }
}

/** Milliseconds count up: an end that is told too early would be taken for one that was shortened. */
function secondsOf(text: string): number {
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(PARTS)) ms += Number(amount) * (MS[unit ?? ''] ?? 0);
  return Math.ceil(ms / 1000);
}

function intervalOf(text: string): Interval | undefined {
  const [first, last] = text.split('-').map(parseNetwork);
  if (!first) return undefined;
  const interval = toInterval(first);
  return last === undefined ? interval : { ...interval, last: toInterval(last).last };
}
