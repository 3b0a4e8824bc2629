import { parseNetwork, toInterval } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeWords, readAddress } from './address-words.ts';
import { BlockList } from './block-list.ts';

const network = (text: string): Network => parseNetwork(text)!;
const words = makeWords();
const covers = (list: BlockList, text: string, now: number): boolean =>
  readAddress(text, 0, text.length, words) && list.covers(words, now);

describe('the block list', () => {
  it('finds single addresses and ranges in any spelling, and nothing else', () => {
    const list = new BlockList();
    for (const text of ['203.0.113.7', '198.51.100.0/24', '10.0.0.0/9', '2001:db8::2', '2001:db8:1::/48']) {
      list.set(network(text), 100);
    }
    const asked = {
      '203.0.113.7': true,
      '203.0.113.8': false,
      '::ffff:203.0.113.7': true,
      '::FFFF:cb00:7107': true,
      '198.51.100.255': true,
      '198.51.101.0': false,
      '10.127.1.1': true,
      '10.128.0.0': false,
      '2001:DB8::2': true,
      '2001:0db8:0:0:0:0:0:2': true,
      '2001:db8:1:ffff::9': true,
      '2001:db8:2::': false,
      'no address': false,
    };
    expect(Object.fromEntries(Object.keys(asked).map((text) => [text, covers(list, text, 50)]))).toEqual(asked);
  });

  it('forgets each entry at its own end, and moves ends', () => {
    const list = new BlockList();
    list.set(network('198.51.100.0/24'), 100);
    list.set(network('198.51.100.7'), 200);
    const seen = () => [99, 100, 199, 200].map((now) => covers(list, '198.51.100.7', now));
    expect(seen()).toEqual([true, true, true, false]);
    expect(covers(list, '198.51.100.8', 100)).toBe(false);
    list.set(network('198.51.100.0/24'), 300);
    expect(seen()).toEqual([true, true, true, true]);
    list.delete(network('198.51.100.0/24'));
    expect([covers(list, '198.51.100.8', 1), list.size]).toEqual([false, 1]);
  });

  it('says the same as a walk through all networks, whatever was added and removed', () => {
    const some = fc.oneof(
      fc
        .tuple(fc.integer({ min: 0, max: 0x3ff }), fc.integer({ min: 6, max: 32 }))
        .map(([bits, prefix]) => `${(bits & 3) + 40}.${(bits >> 2) & 3}.${(bits >> 4) & 3}.${bits >> 6}/${prefix}`),
      fc
        .tuple(fc.integer({ min: 0, max: 0x3f }), fc.integer({ min: 20, max: 128 }))
        .map(([bits, prefix]) => `2a0${bits & 3}::${(bits >> 2) & 3}:0:${bits >> 4}/${prefix}`),
    );
    const step = fc.tuple(fc.boolean(), some, fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(some, { maxLength: 20 }), (steps, asked) => {
        const list = new BlockList();
        const model = new Map<Network, number>();
        for (const [isAdded, text, end] of steps) {
          const key = network(text);
          if (isAdded) list.set(key, end);
          else list.delete(key);
          if (isAdded) model.set(key, end);
          else model.delete(key);
        }
        expect(list.size).toBe(model.size);
        for (const text of asked) {
          const address = text.split('/')[0]!;
          const { family, first } = toInterval(network(address));
          const isCovered = [...model].some(([key, end]) => {
            const around = toInterval(key);
            return end > 5 && around.family === family && around.first <= first && first <= around.last;
          });
          expect([address, covers(list, address, 5)]).toEqual([address, isCovered]);
        }
      }),
      { numRuns: 300 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });

  it('grows, and stays sound when entries come and go for long', () => {
    const list = new BlockList();
    const texts = Array.from({ length: 20_000 }, (_, index) => network(`45.1.${index >> 8}.${index & 255}`));
    for (const text of texts) list.set(text, 10);
    for (let round = 0; round < 5; round += 1) {
      for (const text of texts.slice(0, 15_000)) list.delete(text);
      for (const text of texts.slice(0, 15_000)) list.set(text, 10);
    }
    expect([list.size, texts.every((text) => covers(list, text, 1)), covers(list, '45.2.0.0', 1)]).toEqual([
      20_000,
      true,
      false,
    ]);
  });
});
