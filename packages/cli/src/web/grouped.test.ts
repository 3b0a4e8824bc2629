import fc from 'fast-check';
import { expect, it } from 'vitest';
import { grouped } from './grouped.ts';

it('writes numbers as English people do', () => {
  const written = [0, 999, 1000, 100_001, 1_234_567, -1234, 0.5, 1234.5678].map(grouped);
  expect(written).toEqual(['0', '999', '1,000', '100,001', '1,234,567', '-1,234', '0.5', '1,234.568']);
  fc.assert(fc.property(fc.nat(), (value) => grouped(value) === value.toLocaleString('en')));
});
