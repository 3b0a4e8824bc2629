/** Addresses from `first` to `last` that all share the fate of one network. */
export type EmitSegment<T> = (first: T, last: T, network: number) => void;

/** The networks of one family, by index, and the arithmetic of its addresses. */
export interface SweepInput<T extends number | bigint> {
  /** Indexes by first address, of equal ones the widest first. */
  readonly order: ArrayLike<number>;
  /** The part of `order` to sweep. */
  readonly start: number;
  readonly stop: number;
  readonly first: ArrayLike<T>;
  readonly last: ArrayLike<T>;
  readonly before: (address: T) => T;
  readonly after: (address: T) => T;
  /** `inner` lies within `outer`: told once for each pair of neighbours, before any segment of either is emitted. */
  readonly nest: (outer: number, inner: number) => void;
}

/**
 * Cuts networks that may lie within one another into sorted, disjoint segments; each belongs to the innermost network
 * that covers it. Prefixes are nested or apart, never crossed, so one stack is enough. O(n).
 */
export function sweep<T extends number | bigint>(input: SweepInput<T>, emit: EmitSegment<T>): void {
  const { order, start, stop, first, last, before, after, nest } = input;
  const open: number[] = [];
  let cursor: T | undefined;

  function closeBefore(address: T | undefined): void {
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const end = last[top];
      if (end === undefined || (address !== undefined && end >= address)) return;
      open.pop();
      if (cursor !== undefined && cursor <= end) emit(cursor, end, top);
      cursor = after(end);
    }
  }

  for (let position = start; position < stop; position++) {
    const network = order[position] ?? 0;
    const from = first[network];
    if (from === undefined) continue;
    closeBefore(from);
    const outer = open.at(-1);
    if (outer !== undefined) {
      nest(outer, network);
      if (cursor !== undefined && cursor < from) emit(cursor, before(from), outer);
    }
    open.push(network);
    cursor = from;
  }
  closeBefore(undefined);
}
