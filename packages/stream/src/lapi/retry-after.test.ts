import { expect, it } from 'vitest';
import { readRetryAfter } from './retry-after.ts';

const date = 'Tue, 22 Sep 2026 10:00:00 GMT';

it.each([
  ['45', 45],
  ['0', undefined],
  ['100000', 300],
  ['Tue, 22 Sep 2026 10:01:30 GMT', 90],
  ['Tue, 22 Sep 2026 09:00:00 GMT', undefined],
  ['soon', undefined],
  ['-5', undefined],
  [undefined, undefined],
])('Retry-After %j is %j seconds', (value, seconds) => {
  expect(readRetryAfter(value, date)).toBe(seconds);
});

it('takes a date for nothing without a date to hold it against', () => {
  expect(readRetryAfter(date, undefined)).toBeUndefined();
});
