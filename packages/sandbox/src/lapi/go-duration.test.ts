import { describe, expect, it } from 'vitest';
import { goDuration, goWholeSeconds } from './go-duration.ts';

describe('goDuration', () => {
  it.each([
    [0, 0, '0s'],
    [14_397_512, 0, '3h59m57.512s'],
    [89_172.53, 805, '1m29.172530805s'],
    [-10.490632, 0, '-10.491ms'],
    [-10.49, 632, '-10.490632ms'],
    [0.0015, 0, '2µs'],
    [0, 7, '7ns'],
    [0.25, 1, '250.001µs'],
    [604_800_000, 0, '168h0m0s'],
    [60_000, 0, '1m0s'],
    [-3_600_000, 0, '-1h0m0s'],
    [999, 0, '999ms'],
  ])('%d ms and %d ns is %s', (milliseconds, nanoseconds, text) => {
    expect(goDuration(milliseconds, nanoseconds)).toBe(text);
  });

  it('rounds to whole seconds, halves away from zero', () => {
    expect(goWholeSeconds(14_398_499)).toBe('3h59m58s');
    expect(goWholeSeconds(14_398_500)).toBe('3h59m59s');
    expect(goWholeSeconds(-63_865_500)).toBe('-17h44m26s');
    expect(goWholeSeconds(499)).toBe('0s');
    expect(goWholeSeconds(-499)).toBe('0s');
  });
});
