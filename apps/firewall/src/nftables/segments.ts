import { toInterval, type Instant, type Network } from '@bouncer/stream';

/** A range that is held, and until when. */
export interface HeldRange {
  readonly network: Network;
  readonly expiresAt: Instant;
}

/** A stretch of addresses that all have the same end. */
export interface Segment {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  /** The longest end of all ranges that cover it. */
  readonly expiresAt: Instant;
  /** The ranges that begin where it begins, the widest first. */
  readonly starts: readonly HeldRange[];
}

/** A range while the sweep is inside it. */
interface Open {
  readonly last: bigint;
  readonly expiresAt: Instant;
}

/**
 * Ranges as disjoint segments, ascending, IPv4 first: the kernel refuses overlaps, and a contained ban that is longer
 * than the wider one must outlive it. Networks either contain each other or are disjoint, so a stack is enough.
 * No two segments are joined: every range begins at the beginning of a segment, which is how a listing is read back.
 */
export function segmentsOf(ranges: Iterable<HeldRange>): readonly Segment[] {
  const sorted = [...ranges]
    .map((range) => ({ range, ...toInterval(range.network) }))
    .sort((a, b) => a.family - b.family || compare(a.first, b.first) || compare(b.last, a.last));
  const segments: Segment[] = [];
  const stack: Open[] = [];
  let family: 4 | 6 = 4;
  let cursor = 0n;
  let starts: HeldRange[] = [];

  function emit(last: bigint, expiresAt: Instant): void {
    if (cursor > last) return;
    segments.push({ family, first: cursor, last, expiresAt, starts });
    cursor = last + 1n;
    starts = [];
  }

  function closeBefore(first: bigint | undefined): void {
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      if (first !== undefined && top.last >= first) {
        emit(first - 1n, top.expiresAt);
        return;
      }
      emit(top.last, top.expiresAt);
      stack.pop();
    }
  }

  for (const { range, family: own, first, last } of sorted) {
    closeBefore(own === family ? first : undefined);
    family = own;
    cursor = first;
    starts.push(range);
    stack.push({ last, expiresAt: Math.max(range.expiresAt, stack.at(-1)?.expiresAt ?? 0) });
  }
  closeBefore(undefined);
  return segments;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
