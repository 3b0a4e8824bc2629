import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['0s', 0],
    ['1h', 3_600_000],
    ['4h', 14_400_000],
    ['1h30m', 5_400_000],
    ['3h59m57.512s', 14_397_512],
    ['23h59m58.17252754s', 86_398_172.527_54],
    ['-10.490632ms', -10.490_632],
    ['-17h44m25s', -63_865_000],
    ['+5s', 5000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1000],
    ['100us', 0.1],
    ['100µs', 0.1],
    ['100μs', 0.1],
    ['100ns', 0.0001],
    ['1m1m', 120_000],
    ['876000h', 3_153_600_000_000],
    ['2562047h47m16.854775807s', 9_223_372_036_854.775],
  ])('reads %j as %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBeCloseTo(milliseconds, 3);
  });

  it.each([
    ...['', ' ', '5', '-', '.', 's', '.s', '1', '1.5', '1d', '1w', '1h garbage', '1h2', ' 1h', '1h ', '1 h', '1h-2m'],
    ...['1H', '1e3s', '0x1s', '1..5s', '1,5s', 'Infinity', 'NaN', '--1s', '1h\n', `${'9'.repeat(70)}h`],
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('takes and refuses what the grammar of time.ParseDuration does, piece by piece', () => {
    const whole = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
    const token = fc.constantFrom('+', '-', '0', '7', '19', '.', 'n', 'u', 'µ', 'μ', 'm', 's', 'h', 'd', ' ', '1e3');
    const text = fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join(''));
    fc.assert(
      fc.property(text, (written) => {
        expect(parseDuration(written) !== undefined, written).toBe(whole.test(written));
      }),
      { numRuns: 5000 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });

  it('keeps all digits of a long number', () => {
    expect(parseDuration('0.123456789012345678s')).toBe(123.45678901234568);
    expect(parseDuration('12345678901234567890ns')).toBe(Number('12345678901234567890') * 1e-6);
  });

  it('reads what Go writes for any number of seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (seconds) => {
        const rest = Math.abs(seconds);
        const text = `${seconds < 0 ? '-' : ''}${Math.floor(rest / 3600)}h${Math.floor(rest / 60) % 60}m${rest % 60}s`;
        expect(parseDuration(text)! / 1000).toBeCloseTo(seconds, 6);
      }),
    );
  });
});
