import { expect, it } from 'vitest';
import { luaString } from './lua-text.ts';

it.each([
  ['/output/decisions.bin', '"/output/decisions.bin"'],
  ['a"b\\c', '"a\\034b\\092c"'],
  ['\n1\0', '"\\0101\\000"'],
  [']] --', '"]] --"'],
  ['é', '"\\195\\169"'],
])('prints %j so that Lua reads the same bytes', (value, literal) => {
  expect(luaString(value)).toBe(literal);
});
