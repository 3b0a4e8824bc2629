import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'abd', 1],
    ['abc', 'acb', 1],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
  ])('%s to %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is the same both ways, and zero for equal texts only', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('nearest', () => {
  it('guesses a slip and no more', () => {
    const names = ['MIKROTIK_HOST', 'MIKROTIK_PASSWORD', 'MIKROTIK_TLS'];
    expect(nearest('MIKROTIK_PASSWROD', names)).toBe('MIKROTIK_PASSWORD');
    expect(nearest('mikrotik_hosts', names)).toBe('MIKROTIK_HOST');
    expect(nearest('COLOUR', names)).toBeUndefined();
  });
});
