import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLength, encodeSentence, FramingError, textOfWord, wordOfText } from './codec.ts';
import { SentenceReader } from './sentence-reader.ts';

const LIMIT = 1_000_000;

describe('word lengths', () => {
  // Vectors of go-routeros' own tests, and the edges of each form.
  it.each([
    [0x00, '00'],
    [0x01, '01'],
    [0x7f, '7f'],
    [0x80, '8080'],
    [0x87, '8087'],
    [0x3fff, 'bfff'],
    [0x4000, 'c04000'],
    [0x4321, 'c04321'],
    [0x1f_ffff, 'dfffff'],
    [0x20_0000, 'e0200000'],
    [0x2a_cdef, 'e02acdef'],
    [0xfff_ffff, 'efffffff'],
    [0x1000_0080, 'f010000080'],
  ])('%i is %s', (length, hex) => {
    expect(encodeLength(length).toString('hex')).toBe(hex);
  });

  it.each([0xf1, 0xf7, 0xf8, 0xff])('first byte %i ends the connection', (first) => {
    expect(() => new SentenceReader(LIMIT).push(Buffer.of(first))).toThrow(FramingError);
  });

  it('a five-byte length is understood, and too long', () => {
    expect(() => new SentenceReader(LIMIT).push(Buffer.from('f010000080', 'hex'))).toThrow('too long');
  });
});

describe('sentences', () => {
  it('counts bytes, not characters', () => {
    expect(encodeSentence([wordOfText('ł')]).toString('hex')).toBe('02c58200');
  });

  it('reads two-, three- and four-byte lengths back', () => {
    for (const length of [0x7f, 0x80, 0x3fff, 0x4000, 20_000, 0x20_0000]) {
      const words = ['/x', `=comment=${'c'.repeat(length)}`];
      expect(new SentenceReader(3_000_000).push(encodeSentence(words))).toEqual([words]);
    }
  });

  it('ignores empty sentences', () => {
    expect(new SentenceReader(LIMIT).push(Buffer.from('00000361626300000161 00'.replace(' ', ''), 'hex'))).toEqual([
      ['abc'],
      ['a'],
    ]);
  });

  it('is the same however the bytes are cut, odd bytes included', () => {
    const word = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    const sentences = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sentences, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (list, sizes) => {
        const bytes = Buffer.concat(list.map(encodeSentence));
        const reader = new SentenceReader(LIMIT);
        const read: string[][] = [];
        for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          read.push(...reader.push(bytes.subarray(start, start + size)));
          start += size;
        }
        expect(read).toEqual(list);
      }),
    );
  });

  it('refuses a sentence beyond the limit as soon as its length is known', () => {
    const reader = new SentenceReader(100);
    expect(reader.push(encodeSentence(['a'.repeat(60), 'b'.repeat(40)]))).toHaveLength(1);
    expect(() => reader.push(encodeSentence(['a'.repeat(60), 'b'.repeat(41)]))).toThrow(FramingError);
  });

  it('text goes through words unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textOfWord(wordOfText(text))).toBe(text);
      }),
    );
  });
});
