import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPLAN_SECONDS, isDriftWorthAWrite } from './drift.ts';

const capabilities = { families: [4, 6], ranges: true, expires: true, maxTimeout: 21_474_836 } as const;
const hour = 3600;
const now = 1000;

function worth(desiredLeft: number, heldLeft: number): boolean {
  return isDriftWorthAWrite(now + desiredLeft, now + heldLeft, now, capabilities);
}

describe('isDriftWorthAWrite', () => {
  it('writes a real extension', () => {
    expect(worth(24 * hour, 4 * hour)).toBe(true);
    expect(worth(hour, 20)).toBe(true);
  });

  it('does not write what is only rounding', () => {
    expect(worth(4 * hour, 4 * hour - 1)).toBe(false);
    expect(worth(30, 29)).toBe(false);
  });

  it('puts off the small gain of a CAPI refresh on a long ban', () => {
    expect(worth(168 * hour, 166 * hour)).toBe(false);
  });

  it('shortens an end that is far too late, and only then', () => {
    expect(worth(hour, 24 * hour)).toBe(true);
    expect(worth(hour, hour + 30)).toBe(false);
  });

  it('leaves a row without an end alone', () => {
    expect(isDriftWorthAWrite(now + hour, Infinity, now, capabilities)).toBe(false);
  });

  it('does not try to write more than the device can take', () => {
    expect(worth(30_000_000, 21_474_836)).toBe(false);
  });

  it('never puts off an extension past the end that the device holds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10_000_000 }), fc.integer({ min: 2, max: 5_000_000 }), (heldLeft, gain) => {
        // Planned again every REPLAN_SECONDS, the write must have been made while the device still blocks.
        for (let left = heldLeft; left > 0; left -= REPLAN_SECONDS) {
          if (worth(left + gain, left)) return true;
        }
        return false;
      }),
    );
  });
});
