import { fuzz, hostileText } from '@bouncer/testkit';
import { TransientError } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commentFor } from '../firewall/mark.ts';
import { Framer } from './framer.ts';
import { quoted } from './script-text.ts';
import { encodeSentence } from './sentence.ts';

/** Sentences that a stream of these pieces holds. */
function sentencesOf(pieces: readonly Buffer[]): string[][] {
  const framer = new Framer();
  const found: string[][] = [];
  for (const piece of pieces)
    framer.push(piece, (sentence) => {
      found.push(Array.from({ length: sentence.size }, (_, index) => sentence.word(index)));
    });
  return found;
}

function cutAt(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return places.slice(1).map((place, index) => stream.subarray(places[index], place));
}

/** What RouterOS makes of a string literal: the manual, Scripting, constant escape sequences. */
function readLiteral(literal: string): string | undefined {
  const [, body] = /^"((?:[^"\\$?]|\\["\\$?])*)"$/s.exec(literal) ?? [];
  return body?.replaceAll(/\\(["\\$?])/g, '$1');
}

describe('hostile words on the wire', () => {
  it('come out as they went in, however they were cut, and make no other word', async () => {
    const words = fc.array(
      hostileText().filter((text) => text !== ''),
      { minLength: 1, maxLength: 5 },
    );
    await fuzz(
      'RouterOS sentences, encoded, cut and read back',
      fc.tuple(words, fc.array(fc.nat(9999), { maxLength: 6 })),
      ([sentence, cuts]) => {
        const bytes = sentence.map((word) => Buffer.from(word).toString('latin1'));
        expect(sentencesOf(cutAt(encodeSentence(sentence), cuts))).toEqual([bytes]);
      },
    );
  });

  it('are read at every length where the prefix grows, cut at every byte of prefix and end', () => {
    for (const length of [0x7e, 0x7f, 0x80, 0x81, 0x3ffe, 0x3fff, 0x4000, 0x4001, 0xf_fff0]) {
      const stream = encodeSentence(['!re', 'x'.repeat(length), '=a=b']);
      const cuts = [...Array(10).keys(), ...Array.from({ length: 10 }, (_, index) => stream.length - index)];
      for (const cut of cuts)
        expect(sentencesOf(cutAt(stream, [cut]))[0]?.map(({ length: size }) => size)).toEqual([3, length, 4]);
    }
  });

  it('of a device that speaks nonsense end the connection, or wait for more, and do nothing else', async () => {
    await fuzz('bytes that are no RouterOS', fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        sentencesOf([Buffer.from(bytes)]);
      } catch (error) {
        expect(error).toBeInstanceOf(TransientError);
      }
    });
  });
});

describe('hostile text for people to paste', () => {
  it('is one string literal that means the same, or is refused', async () => {
    await fuzz('RouterOS string literals', hostileText(), (text) => {
      let literal: string;
      try {
        literal = quoted(text);
      } catch {
        expect(text).toMatch(/[\u0000-\u001f\u007f]/);
        return;
      }
      expect(readLiteral(literal)).toBe(text);
    });
  });

  it('makes a comment of printable ASCII that is ours', async () => {
    await fuzz('comments of RouterOS', fc.tuple(hostileText(), hostileText()), ([origin, scenario]) => {
      expect(commentFor({ origin, scenario })).toMatch(/^crowdsec-bouncer[ -~]{0,104}$/);
    });
  });
});
