import { CAPTCHA_BIT, NESTED_BIT } from './layout.ts';
import type { Scratch } from './scratch.ts';
import { sweep } from './sweep.ts';
import type { SweepInput } from './sweep.ts';

/** A typed array or an array of bigints. */
export interface Addresses<T> extends ArrayLike<T> {
  [index: number]: T;
}

/** The networks of one address family, by index. Typed arrays: a list of 100,000 is made anew for every change. */
export interface Family<T> {
  readonly name: '4' | '6';
  /** How many there are; arrays are longer. */
  size: number;
  readonly first: Addresses<T>;
  readonly last: Addresses<T>;
  /** Seconds of the wall clock. */
  readonly end: Uint32Array;
  readonly class: Uint8Array;
  /** Number of the origin. */
  readonly number: Uint32Array;
  /** How many of them overlap with another. */
  nested: number;
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
 * Cuts a family into segments, each with the fate of all networks that cover it: until the latest of their ends, and a
 * captcha only when all of them ask for one. So an address under a ban and a longer captcha stays banned should nobody
 * be left to rewrite the list when the ban ends. Networks that overlap get the bit for it in their own class.
 */
export function cut<T extends number | bigint>(
  family: Family<T>,
  steps: Pick<SweepInput<T>, 'order' | 'before' | 'after'>,
  out: Pick<Segments<T>, 'first' | 'last'>,
  scratch: Scratch,
): Segments<T> {
  const { name, size, first, last, end, class: kind } = family;
  const segments: Segments<T> = {
    ...out,
    size: 0,
    end: scratch.uint32(`until${name}`, 2 * size),
    class: scratch.uint8(`kind${name}`, 2 * size),
  };

  function mark(network: number): void {
    if (((kind[network] ?? 0) & NESTED_BIT) !== 0) return;
    kind[network] = (kind[network] ?? 0) | NESTED_BIT;
    family.nested += 1;
  }

  function nest(outer: number, inner: number): void {
    mark(outer);
    mark(inner);
    const [a = 0, b = 0, endOfOuter = 0, endOfInner = 0] = [kind[outer], kind[inner], end[outer], end[inner]];
    const isOutdone = (a & CAPTCHA_BIT) === (b & CAPTCHA_BIT) ? endOfOuter >= endOfInner : (a & CAPTCHA_BIT) === 0;
    if (isOutdone) kind[inner] = a;
    if (endOfOuter > endOfInner) end[inner] = endOfOuter;
  }

  function emit(from: T, to: T, network: number): void {
    const at = segments.size++;
    segments.first[at] = from;
    segments.last[at] = to;
    segments.end[at] = end[network] ?? 0;
    segments.class[at] = kind[network] ?? 0;
  }

  // Nearly all networks are alone: only the few runs of overlapping ones are worth a sweep.
  const { order } = steps;
  for (let start = 0; start < order.length;) {
    const network = order[start] ?? 0;
    const from = first[network];
    let reach = last[network];
    if (from === undefined || reach === undefined) break;
    let stop = start + 1;
    for (; stop < order.length; stop++) {
      const next = order[stop] ?? 0;
      const nextFirst = first[next];
      if (nextFirst === undefined || nextFirst > reach) break;
      const nextLast = last[next];
      if (nextLast !== undefined && nextLast > reach) reach = nextLast;
    }
    if (stop === start + 1) emit(from, reach, network);
    else sweep({ ...steps, first, last, nest, start, stop }, emit);
    start = stop;
  }
  return segments;
}
