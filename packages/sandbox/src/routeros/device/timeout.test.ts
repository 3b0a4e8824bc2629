import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimeout, MAX_TIMEOUT_SECONDS, parseTimeout } from './timeout.ts';

describe('timeouts', () => {
  it.each([
    ['1h2m3s', 3723],
    ['86400', 86_400],
    ['1d', 86_400],
    ['90m', 5400],
    ['24h0m0s', 86_400],
    ['1w2d3h4m5s', 788_645],
    ['35w3d13:13:56', MAX_TIMEOUT_SECONDS],
    ['35w3d13h13m56s', MAX_TIMEOUT_SECONDS],
    ['00:05:00', 300],
    ['00:05', 300],
    ['1d00:00:01', 86_401],
    ['0s', 0],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseTimeout(text)).toBe(seconds);
  });

  it.each(['', 'x', '1y', '-5s', '1.5s', '3h59m58.123s', '500ms', '1m1h', '1h1h', ' 1h', '5:1'])(
    '%j is no time',
    (text) => {
      expect(() => parseTimeout(text)).toThrow('invalid value for argument timeout');
    },
  );

  it.each(['35w3d13h13m57s', '21474837', '36w', '99999999999999999999'])('%s is out of range', (text) => {
    expect(() => parseTimeout(text)).toThrow('value of timeout is out of range (00:00:00 .. 35w3d13:13:56)');
  });

  it.each([
    [0, '0s'],
    [59, '59s'],
    [86_395, '23h59m55s'],
    [788_645, '1w2d3h4m5s'],
    [604_800, '1w'],
    [MAX_TIMEOUT_SECONDS, '35w3d13h13m56s'],
  ])('%i prints as %s', (seconds, text) => {
    expect(formatTimeout(seconds)).toBe(text);
  });

  it('reads what it prints', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_TIMEOUT_SECONDS }), (seconds) => {
        expect(parseTimeout(formatTimeout(seconds))).toBe(seconds);
      }),
    );
  });
});
