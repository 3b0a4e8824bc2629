import { ManualClock } from '@bouncer/stream';
import { expect, it } from 'vitest';
import { Attempts } from './attempts.ts';
import { returnPath } from './return-path.ts';

it('attempts are counted by address and minute, and by so many addresses at most', async () => {
  const clock = new ManualClock();
  const attempts = new Attempts(clock, 2);
  expect([1, 2, 3].map(() => attempts.take('a'))).toEqual([true, true, false]);
  expect(attempts.take('b')).toBe(true);
  for (let index = 0; index < 9998; index += 1) attempts.take(`c${index}`);
  expect([attempts.take('d'), attempts.take('b')]).toEqual([false, true]);
  await clock.advance(60_000);
  expect([attempts.take('a'), attempts.take('d')]).toEqual([true, true]);
});

it.each([
  ['/a/b?c=d#e', '/a/b?c=d#e'],
  ['/', '/'],
  [null, '/'],
  ['', '/'],
  ['a', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['/a\r\nSet-Cookie: x', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  [`/${'x'.repeat(3000)}`, '/'],
])('the way back of %j is %j', (asked, path) => {
  expect(returnPath(asked)).toBe(path);
});
