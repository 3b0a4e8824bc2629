import { ManualClock, instantNow, parseNetwork, toInterval, wallOf, type Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { rangesOfComment, segmentElement } from './segment-text.ts';
import { segmentsOf } from './segments.ts';
import type { HeldRange } from './segments.ts';

const clock = new ManualClock();
const now = instantNow(clock);

function network(text: string): Network {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

/** A range that ends so many seconds from now. */
const range = (text: string, seconds: number): HeldRange => ({ network: network(text), expiresAt: now + seconds });
const wallSecond = (seconds: number): number => Math.round(wallOf(clock, now + seconds) / 1000);
const written = (held: readonly HeldRange[]) => segmentsOf(held).map((segment) => segmentElement(segment, clock));

describe('a segment as an element', () => {
  it('needs no comment when it is one range, and its end is that of the range', () => {
    expect(written([range('45.1.0.0/16', 100), range('2a01::/32', 50)])).toEqual([
      { addresses: '45.1.0.0/16', timeout: 100, comment: undefined },
      { addresses: '2a01::/32', timeout: 50, comment: undefined },
    ]);
  });

  it('names the ranges that begin in it by their prefix and end, where a longer one cuts a wider one', () => {
    expect(written([range('45.0.0.0/8', 100), range('45.1.0.0/16', 200)])).toEqual([
      { addresses: '45.0.0.0/16', timeout: 100, comment: `8/${wallSecond(100)}` },
      { addresses: '45.1.0.0/16', timeout: 200, comment: undefined },
      { addresses: '45.2.0.0-45.255.255.255', timeout: 100, comment: '-' },
    ]);
  });

  it('keeps its comment when the one range in it has the same network and another end, or two begin there', () => {
    const both = [range('45.1.0.0/16', 100), range('45.1.0.0/24', 90)];
    expect(written(both)).toEqual([
      { addresses: '45.1.0.0/24', timeout: 100, comment: `16/${wallSecond(100)},24/${wallSecond(90)}` },
      { addresses: '45.1.1.0-45.1.255.255', timeout: 100, comment: '-' },
    ]);
    const { family, first, last } = toInterval(network('45.1.0.0/16'));
    const starts = [range('45.1.0.0/16', 100)];
    expect(segmentElement({ family, first, last, expiresAt: now + 300, starts }, clock)).toEqual({
      addresses: '45.1.0.0/16',
      timeout: 300,
      comment: `16/${wallSecond(100)}`,
    });
  });

  it('stays for a second when its end has come', () => {
    expect(written([range('45.1.0.0/16', -5)])).toMatchObject([{ timeout: 1 }]);
  });

  it('names those that end last when not all fit', () => {
    const held = Array.from({ length: 20 }, (_, index) => range(`45.0.0.0/${index + 8}`, 1000 + index));
    const [{ comment = '' } = {}] = written(held).filter(({ comment: text = '' }) => text.includes(','));
    expect(comment.length).toBeLessThanOrEqual(120);
    const named = rangesOfComment(comment, network('45.0.0.0'), clock) ?? [];
    expect(named).toEqual(held.toReversed().slice(0, named.length));
    expect(named.length).toBe(8);
  });
});

describe('a comment', () => {
  const first = network('45.0.0.0');

  it('gives the ranges that it names, with their ends', () => {
    const comment = `8/${wallSecond(100)},16/${wallSecond(-20)}`;
    expect(rangesOfComment(comment, first, clock)).toEqual([range('45.0.0.0/8', 100), range('45.0.0.0/16', -20)]);
    expect(rangesOfComment('-', first, clock)).toEqual([]);
  });

  it.each([
    '',
    'by hand',
    'x8/100',
    '8/100x',
    '8/100,by hand',
    '8/',
    '/100',
    '1234/100',
    '8/1234567890123',
    '33/100',
    '-,8/100',
  ])('that is not ours is none: %j', (comment) => {
    expect(rangesOfComment(comment, first, clock)).toBeUndefined();
  });

  it('is not ours when no such range begins there', () => {
    expect(rangesOfComment('8/100', network('45.1.0.0'), clock)).toBeUndefined();
  });
});
