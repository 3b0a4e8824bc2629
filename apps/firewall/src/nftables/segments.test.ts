import fc from 'fast-check';
import { ManualClock, instantNow, parseNetwork, toInterval, type Clock, type Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { readRanges } from './inventory.ts';
import type { ListedSegment } from './listing.ts';
import { segmentElement } from './segment-text.ts';
import { segmentsOf } from './segments.ts';
import type { HeldRange } from './segments.ts';

const ipv4 = fc.tuple(
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 0, max: 255 }),
  fc.integer({ min: 8, max: 30 }),
);
const text4 = ipv4.map(([a, b, prefix]) => `45.${a}.${b}.0/${prefix}`);
const text6 = fc
  .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 20, max: 127 }))
  .map(([group, prefix]) => `2a01:4f8:${group.toString(16)}::/${prefix}`);
const network = fc.oneof(text4, text6).map((text) => parseNetwork(text) ?? ('' as Network));
/** Distinct networks with ends 100 s apart or equal: many overlaps, many ties. */
const ranges = fc
  .uniqueArray(network, { maxLength: 25 })
  .chain((networks) =>
    fc.tuple(...networks.map((each) => fc.integer({ min: 1, max: 8 }).map((end) => [each, end * 100] as const))),
  )
  .map((pairs): HeldRange[] => pairs.map(([each, expiresAt]) => ({ network: each, expiresAt })));

describe('segments', () => {
  it('are disjoint and ascending, and each keeps the longest end of all ranges that cover it', () => {
    fc.assert(
      fc.property(ranges, (held) => {
        const segments = segmentsOf(held);
        for (const [index, { family, first, last }] of segments.entries()) {
          expect(first <= last).toBe(true);
          const next = segments[index + 1];
          if (next?.family === family) expect(next.first > last).toBe(true);
        }
        for (const segment of segments) {
          for (const address of [segment.first, segment.last]) {
            expect(segment.expiresAt).toBe(endAt(held, segment.family, address));
          }
        }
      }),
    );
  });

  it('cover every address of every range, and no other', () => {
    fc.assert(
      fc.property(ranges, (held) => {
        const segments = segmentsOf(held);
        for (const { network: each } of held) {
          const { family, first, last } = toInterval(each);
          for (const address of [first, last, first - 1n, last + 1n]) {
            const isCovered = segments.some(
              (segment) => segment.family === family && segment.first <= address && address <= segment.last,
            );
            expect(isCovered).toBe(endAt(held, family, address) > 0);
          }
        }
      }),
    );
  });

  it('tell by comment and end which ranges they were made of, however they were cut', async () => {
    await fc.assert(
      fc.asyncProperty(ranges, fc.integer({ min: 0, max: 850 }), async (held, seconds) => {
        const clock = new ManualClock(0);
        const listed = list(held, clock);
        await clock.advance(seconds * 1000);
        const now = instantNow(clock);
        const alive = listed.filter(({ expiresAt }) => expiresAt > now);
        const read = readRanges(alive, clock).filter(({ expiresAt }) => expiresAt > now);
        const wanted = held.filter(({ expiresAt }) => expiresAt > now);
        expect(sortedOf(read)).toEqual(sortedOf(wanted));
      }),
    );
  });

  it('are read as they stand when comments and kernel disagree', () => {
    fc.assert(
      fc.property(ranges, (held) => {
        const clock = new ManualClock(0);
        const listed = list(held, clock);
        // As if the wall clock had been set by a year between writing and reading.
        const shifted: Clock = {
          now: () => clock.now(),
          wall: () => clock.wall() + 31_536_000_000,
          sleep: clock.sleep.bind(clock),
        };
        const read = readRanges(listed, shifted);
        for (const { family, first, last, expiresAt } of listed) {
          for (const address of [first, last]) expect(endAt(read, family, address)).toBe(expiresAt);
        }
      }),
    );
  });
});

/** What nft would list after these ranges were written. */
function list(held: readonly HeldRange[], clock: ManualClock): ListedSegment[] {
  return segmentsOf(held).map((segment) => {
    const { comment } = segmentElement(segment, clock);
    const { family, first, last, expiresAt } = segment;
    return { family, first, last, expiresAt, comment };
  });
}

function endAt(held: readonly HeldRange[], family: 4 | 6, address: bigint): number {
  const covering = held.filter(({ network: each }) => {
    const interval = toInterval(each);
    return interval.family === family && interval.first <= address && address <= interval.last;
  });
  return Math.max(0, ...covering.map(({ expiresAt }) => expiresAt));
}

function sortedOf(held: readonly HeldRange[]): string[] {
  return held.map(({ network: each, expiresAt }) => `${each} until ${expiresAt}`).sort();
}
