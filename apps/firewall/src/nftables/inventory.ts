import type { Current, Held } from '@bouncer/target';
import { fromInterval, instantNow, parseNetwork, type Clock, type Instant, type Network } from '@bouncer/stream';
import type { ListedSegment, ListingSink } from './listing.ts';
import type { SetName } from './names.ts';
import { rangesOfComment } from './segment-text.ts';
import { segmentsOf } from './segments.ts';
import type { HeldRange } from './segments.ts';
import type { HeldElement } from './writer.ts';

/** By how many seconds an end in the kernel may differ from the one in a comment. */
const TOLERANCE_SECONDS = 2;

/** Gathers one listing. What was held before lends its objects, so that a listing of the same costs little memory. */
export class Inventory implements ListingSink {
  readonly held = new Map<Network, HeldElement>();
  readonly strays: HeldElement[] = [];
  readonly #known: Held<string>;
  readonly #clock: Clock;
  readonly #segments = new Map<SetName, ListedSegment[]>();

  constructor(known: Held<string>, clock: Clock) {
    this.#known = known;
    this.#clock = clock;
  }

  single(set: SetName, text: Network, expiresAt: Instant): void {
    // Text of nft that is not canonical can only be something that we did not write.
    const network = this.#known.get(text)?.network ?? parseNetwork(Buffer.from(text).toString());
    if (network !== undefined) this.#add(network, expiresAt, set.name);
  }

  segment(set: SetName, segment: ListedSegment): void {
    const segments = this.#segments.get(set) ?? [];
    segments.push(segment);
    this.#segments.set(set, segments);
  }

  /** Takes what is known to be there, as it is known. */
  keep(entry: HeldElement): void {
    this.held.set(entry.network, entry);
  }

  /** Ends the listing. */
  finish(): Current<string> {
    const now = instantNow(this.#clock);
    for (const [set, segments] of this.#segments) {
      const ranges = readRanges(segments, this.#clock);
      for (const { network, expiresAt } of ranges) if (expiresAt > now) this.#add(network, expiresAt, set.name);
    }
    return { held: this.held, strays: this.strays };
  }

  #add(network: Network, expiresAt: Instant, ref: string): void {
    const known = this.#known.get(network);
    const isSame = known?.ref === ref && Math.abs(known.expiresAt - expiresAt) <= 1;
    const entry = isSame ? known : { network: known?.network ?? network, expiresAt, ref };
    const other = this.held.get(network);
    // In two groups at once: the one that lasts longer stays.
    if (other && other.expiresAt >= expiresAt) this.strays.push(entry);
    else this.held.set(entry.network, entry);
    if (other && other.expiresAt < expiresAt) this.strays.push(other);
  }
}

/**
 * The ranges that a set was written for. When comments and kernel do not tell the same (somebody took a part away, or
 * the wall clock was set), each segment counts as it stands: plans then put the right ranges in and take those out.
 * @internal
 */
export function readRanges(listed: readonly ListedSegment[], clock: Clock): readonly HeldRange[] {
  const told = listed.map((segment) => rangesOf(segment, clock));
  const ranges = told.flatMap((each) => each ?? []);
  if (!told.includes(undefined) && explains(ranges, listed, clock)) return ranges;
  return listed.flatMap((segment) =>
    fromInterval(segment).map((network) => ({ network, expiresAt: segment.expiresAt })),
  );
}

function rangesOf(segment: ListedSegment, clock: Clock): readonly HeldRange[] | undefined {
  const [network, ...more] = fromInterval(segment);
  if (network === undefined) return undefined;
  const { comment, expiresAt } = segment;
  if (comment !== undefined) return rangesOfComment(comment, network.replace(/\/.*/, '') as Network, clock);
  return more.length === 0 ? [{ network, expiresAt }] : undefined;
}

/** True when these ranges, cut into segments, are what the kernel holds. */
function explains(ranges: readonly HeldRange[], listed: readonly ListedSegment[], clock: Clock): boolean {
  const soon = instantNow(clock) + TOLERANCE_SECONDS;
  const expected = segmentsOf(ranges).filter(({ expiresAt }) => expiresAt > soon);
  const byFirst = new Map(listed.map((segment) => [`${segment.family} ${segment.first}`, segment]));
  const isHeld = expected.every(({ family, first, last, expiresAt }) => {
    const segment = byFirst.get(`${family} ${first}`);
    return segment?.last === last && Math.abs(segment.expiresAt - expiresAt) <= TOLERANCE_SECONDS;
  });
  const certain = listed.filter(({ expiresAt }) => expiresAt > soon + TOLERANCE_SECONDS);
  return isHeld && certain.length <= expected.length;
}
