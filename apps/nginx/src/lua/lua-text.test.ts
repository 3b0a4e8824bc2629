import { expect, it } from 'vitest';
import { fillLua, luaString } from './lua-text.ts';

it.each([
  ['/output/decisions.bin', '"/output/decisions.bin"'],
  ['a"b\\c', '"a\\034b\\092c"'],
  ['\n1\0', '"\\0101\\000"'],
  [']] --', '"]] --"'],
  ['é', '"\\195\\169"'],
  [' ~\x7f', '" ~\\127"'],
])('prints %j so that Lua reads the same bytes', (value, literal) => {
  expect(luaString(value)).toBe(literal);
});

it('prints bytes as they are', () => {
  expect(luaString(Uint8Array.of(0xff, 0x41))).toBe('"\\255A"');
});

it('gives a text its settings as locals, strings by the printer above', () => {
  const text = '@settings(FOLDER OPEN WAIT)\nreturn FOLDER\n';
  const lines = ['local FOLDER = "/a\\034"', 'local OPEN = false', 'local WAIT = 2.5'];
  expect(fillLua(text, { FOLDER: '/a"', OPEN: false, WAIT: 2.5 })).toBe(`${lines.join('\n')}\nreturn FOLDER\n`);
});
