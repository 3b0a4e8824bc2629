import { fromInterval, parseNetwork } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeWords, readAddress } from './address-words.ts';

/** What was read, as a number; undefined when nothing was. */
function read(text: string): bigint | undefined {
  const words = makeWords();
  if (!readAddress(text, 0, text.length, words)) return undefined;
  return words.reduce((sum, word) => (sum << 32n) + BigInt(word), 0n);
}

/** The same by the reader that everything else uses. */
function canonical(text: string): string | undefined {
  return /[/%\s]/.test(text) ? undefined : parseNetwork(text);
}

function print(value: bigint | undefined): string | undefined {
  if (value === undefined) return undefined;
  const family = value >> 32n === 0xffffn ? 4 : 6;
  const first = family === 4 ? value & 0xffffffffn : value;
  return fromInterval({ family, first, last: first })[0];
}

const group = fc.oneof(fc.constant('0'), fc.stringMatching(/^[0-9a-fA-F]{1,4}$/));
const spelled = fc
  .tuple(fc.array(group, { maxLength: 8 }), fc.array(group, { maxLength: 8 }), fc.constantFrom('::', ':', ''))
  .map(([head, tail, joint]) => `${head.join(':')}${joint}${tail.join(':')}`);

describe('reading an address', () => {
  it.each([
    '1.2.3.4',
    '255.255.255.255',
    '0.0.0.0',
    '01.2.3.4',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '1..2.3',
    '1.2.3.',
    '',
    ':',
    '::',
    '::1',
    '1::',
    '2001:DB8::2',
    '2001:0db8:0:0:0:0:0:3',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1::2::3',
    ':::',
    '1:',
    ':1',
    '12345::',
    '::ffff:1.2.3.4',
    '::FFFF:102:304',
    '1:2:3:4:5:6:1.2.3.4',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3.4:5',
    '::1.2.3',
    'fe80::1%eth0',
    '1.2.3.4:80',
    'g::',
    '::ffff:01.2.3.4',
  ])('%j as parseNetwork does', (text) => {
    expect(print(read(text))).toBe(canonical(text));
  });

  it('holds for any text of the letters of addresses, and for any spelling', () => {
    const letters = fc.stringMatching(/^[0-9a-fA-F:.]{0,46}$/);
    fc.assert(
      fc.property(fc.oneof(letters, spelled, fc.ipV4(), fc.ipV6()), (text) => {
        expect(print(read(text))).toBe(canonical(text));
      }),
      { numRuns: 3000 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });
});
