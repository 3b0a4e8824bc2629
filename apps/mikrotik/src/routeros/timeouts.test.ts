import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TIMEOUT_SECONDS, parseTimeout, printTimeout, timeoutFor } from './timeouts.ts';

describe('parseTimeout', () => {
  it.each([
    ['1w2d3h4m5s', 788_645],
    ['23h59m55s', 86_395],
    ['1d', 86_400],
    ['5s', 5],
    ['86400', 86_400],
    ['00:04:13', 253],
    ['23:59:55', 86_395],
    ['1d00:04:13', 86_653],
    ['35w3d13:13:56', MAX_TIMEOUT_SECONDS],
    ['35w3d13h13m56s', MAX_TIMEOUT_SECONDS],
    ['1s500ms', 1],
    ['3h59m58.9s', 14_398],
  ])('reads %s', (text, seconds) => {
    expect(parseTimeout(text)).toBe(seconds);
  });

  it.each(['', 'never', '1x', '-5s', '1d ', '1:2:3', 's', '1d2'])('refuses %j', (text) => {
    expect(parseTimeout(text)).toBeUndefined();
  });

  it('reads back whatever is printed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_TIMEOUT_SECONDS }), (seconds) => {
        expect(parseTimeout(printTimeout(seconds))).toBe(seconds);
      }),
    );
  });
});

describe('timeoutFor', () => {
  it('rounds up, is never zero, and stays within what RouterOS takes', () => {
    expect(timeoutFor(59.2)).toBe(60);
    expect(timeoutFor(0)).toBe(1);
    expect(timeoutFor(-10)).toBe(1);
    expect(timeoutFor(MAX_TIMEOUT_SECONDS + 1)).toBe(MAX_TIMEOUT_SECONDS);
    expect(timeoutFor(Infinity)).toBe(MAX_TIMEOUT_SECONDS);
  });
});
