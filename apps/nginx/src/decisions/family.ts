import type { Entry } from '@bouncer/stream';
import { CAPTCHA_BIT, NESTED_BIT } from './layout.ts';
import { sweep, type SweepInput } from './sweep.ts';

/** A typed array or an array of bigints. */
export interface Addresses<T> extends ArrayLike<T> {
  [index: number]: T;
}

/** The networks of one address family, by index. Typed arrays: a list of 100,000 is made anew for every change. */
export interface Family<T> {
  readonly entries: Entry[];
  readonly first: Addresses<T>;
  readonly last: Addresses<T>;
  /** Seconds of the wall clock. */
  readonly end: Uint32Array;
  readonly class: Uint8Array;
}

/** Segments of one family in the order of their addresses. `size` of them; arrays may be longer. */
export interface Segments<T> {
  size: number;
  readonly first: Addresses<T>;
  readonly last: Addresses<T>;
  readonly end: Uint32Array;
  readonly class: Uint8Array;
}

/**
 * Cuts a family into segments, each with the fate of all networks that cover it: a ban outdoes a captcha, then a later
 * end an earlier one. Networks that overlap are added to `nested`.
 */
export function cut<T extends number | bigint>(
  family: Family<T>,
  steps: Pick<SweepInput<T>, 'order' | 'before' | 'after'>,
  out: Pick<Segments<T>, 'first' | 'last'>,
  nested: Entry[],
): Segments<T> {
  const { entries, first, last } = family;
  const [end, kind] = [family.end.slice(), family.class.slice()];
  const isNested = new Uint8Array(entries.length);
  // Each network within another adds two pieces at most.
  const most = 2 * entries.length;
  const segments: Segments<T> = { ...out, size: 0, end: new Uint32Array(most), class: new Uint8Array(most) };

  function nest(outer: number, inner: number): void {
    isNested[outer] = isNested[inner] = NESTED_BIT;
    const [a = 0, b = 0, endOfOuter = 0, endOfInner = 0] = [kind[outer], kind[inner], end[outer], end[inner]];
    const isOutdone = (a & CAPTCHA_BIT) === (b & CAPTCHA_BIT) ? endOfOuter >= endOfInner : (a & CAPTCHA_BIT) === 0;
    if (!isOutdone) return;
    end[inner] = endOfOuter;
    kind[inner] = a;
  }

  sweep({ ...steps, first, last, nest }, (from, to, network) => {
    const at = segments.size++;
    segments.first[at] = from;
    segments.last[at] = to;
    segments.end[at] = end[network] ?? 0;
    segments.class[at] = (kind[network] ?? 0) | (isNested[network] ?? 0);
  });
  for (let position = 0; position < steps.order.length; position++) {
    const index = steps.order[position] ?? 0;
    const entry = entries[index];
    if (entry && isNested[index]) nested.push(entry);
  }
  return segments;
}
