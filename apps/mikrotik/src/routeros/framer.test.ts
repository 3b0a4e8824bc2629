import fc from 'fast-check';
import { Transmitter } from 'node-routeros';
import { describe, expect, it } from 'vitest';
import { Framer } from './framer.ts';
import { attribute, encodeSentence } from './sentence.ts';

function readAll(chunks: readonly Buffer[]): string[][] {
  const framer = new Framer();
  const sentences: string[][] = [];
  for (const chunk of chunks) {
    framer.push(chunk, (sentence) => {
      sentences.push(Array.from({ length: sentence.size }, (_, index) => sentence.word(index)));
    });
  }
  return sentences;
}

const REPLIES = [
  ['!re', '.tag=1', '=.id=*1', '=address=203.0.113.7', `=comment=${'x'.repeat(200)}`],
  ['!empty', '.tag=2'],
  ['!re'],
  ['!done', '=ret=*A', '.tag=1'],
  ['!done', '.tag=2'],
];

describe('Framer', () => {
  it('finds the same sentences wherever the stream is cut in two', () => {
    const stream = Buffer.concat(REPLIES.map(encodeSentence));
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(readAll([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(REPLIES);
    }
  });

  it('finds the same sentences in any segmentation, byte by byte as well', () => {
    const stream = Buffer.concat(REPLIES.map(encodeSentence));
    expect(readAll(Array.from(stream, (byte) => Buffer.from([byte])))).toEqual(REPLIES);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 }), (sizes) => {
        const chunks: Buffer[] = [];
        for (let offset = 0, index = 0; offset < stream.length; index++) {
          const size = sizes[index % sizes.length]!;
          chunks.push(stream.subarray(offset, offset + size));
          offset += size;
        }
        expect(readAll(chunks)).toEqual(REPLIES);
      }),
    );
  });

  it('reads every class of length, cut inside the length as well', () => {
    for (const length of [1, 0x7f, 0x80, 0x3fff, 0x4000, 0xf_0000]) {
      const stream = encodeSentence(['a'.repeat(length)]);
      for (let cut = 0; cut < 5; cut++) {
        const [[word]] = readAll([stream.subarray(0, cut), stream.subarray(cut)]) as [[string]];
        expect(word.length).toBe(length);
      }
    }
  });

  it('skips empty sentences', () => {
    expect(readAll([Buffer.concat([Buffer.from([0, 0]), encodeSentence(['!done']), Buffer.from([0])])])).toEqual([
      ['!done'],
    ]);
  });

  it('gives up on what cannot be RouterOS: a control byte, or a sentence without end', () => {
    expect(() => {
      new Framer().push(Buffer.from([0xf8, 0]), () => {});
    }).toThrow(/does not speak the RouterOS API/);
    expect(() => {
      new Framer().push(Buffer.from([0xef, 0xff, 0xff, 0xff]), () => {});
    }).toThrow(/does not speak the RouterOS API/);
  });
});

describe('Sentence', () => {
  const read = (words: string[], check: (sentence: Parameters<Parameters<Framer['push']>[1]>[0]) => void) => {
    let seen = 0;
    new Framer().push(encodeSentence(words), (sentence) => {
      seen++;
      check(sentence);
    });
    expect(seen).toBe(1);
  };

  it('knows its kind and its tag, first or last', () => {
    read(['!re', '.tag=9', '=a=1'], (sentence) => {
      expect([sentence.kind, sentence.tag]).toEqual(['re', '9']);
    });
    read(['!trap', '=message=no', '.tag=a1'], (sentence) => {
      expect([sentence.kind, sentence.tag]).toEqual(['trap', 'a1']);
    });
    read(['!fatal', 'reason .tag=3'], (sentence) => {
      expect([sentence.kind, sentence.tag]).toEqual(['fatal', undefined]);
    });
    read(['HTTP/1.1'], (sentence) => {
      expect(sentence.kind).toBe('other');
    });
  });

  it('gives values by their whole name, with "=" inside and empty ones as they are', () => {
    read(['!re', '=list-name=x', '=list=a=b', '=comment=', '=.id=*1F'], (sentence) => {
      expect(sentence.value(attribute('list'))).toBe('a=b');
      expect(sentence.value(attribute('comment'))).toBe('');
      expect(sentence.value(attribute('.id'))).toBe('*1F');
      expect(sentence.value(attribute('timeout'))).toBeUndefined();
    });
  });
});

describe('encodeSentence', () => {
  it('writes the bytes that the library writes, for every class of length', () => {
    for (const length of [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000]) {
      const word = 'b'.repeat(length);
      const library = new Transmitter({} as never) as unknown as { encodeString(text: string | null): Buffer | string };
      const expected = Buffer.concat([library.encodeString(word) as Buffer, Buffer.from([0])]);
      expect(encodeSentence([word]).equals(expected)).toBe(true);
    }
  });

  it('counts bytes, not characters', () => {
    expect(encodeSentence(['ł'])).toEqual(Buffer.from([2, 0xc5, 0x82, 0]));
  });
});
