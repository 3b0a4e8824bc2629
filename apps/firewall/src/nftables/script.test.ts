import { describe, expect, it } from 'vitest';
import { printElement } from './script.ts';

describe('the printer of elements', () => {
  it('prints addresses, prefixes and intervals with their ends', () => {
    expect(printElement({ addresses: '192.0.2.1', timeout: 60 })).toBe('192.0.2.1 timeout 60s');
    expect(printElement({ addresses: '2001:db8::/32', timeout: 86_400, comment: '32/1790000000' })).toBe(
      '2001:db8::/32 timeout 1d0s comment "32/1790000000"',
    );
    expect(printElement({ addresses: '192.0.2.0-192.0.2.9' })).toBe('192.0.2.0-192.0.2.9');
  });

  it('says what lasts beyond a month in days: nft takes no number of seconds that large', () => {
    expect(printElement({ addresses: '192.0.2.1', timeout: 3_155_760_000 })).toBe('192.0.2.1 timeout 36525d0s');
  });

  it.each(['192.0.2.1 }; flush ruleset', '192.0.2.1\n', '$x', '192.0.2.1, 0.0.0.0/0', 'a:b;c', ''])(
    'prints no %j',
    (addresses) => {
      expect(() => printElement({ addresses, timeout: 1 })).toThrow('not an address');
    },
  );

  it.each([0, -1, 1.5, Number.NaN, Infinity])('prints no timeout of %d', (timeout) => {
    expect(() => printElement({ addresses: '192.0.2.1', timeout })).toThrow('not a timeout');
  });

  it.each(['"', 'x', '1'.repeat(121), '1\n2'])('prints no comment %j', (comment) => {
    expect(() => printElement({ addresses: '192.0.2.1', timeout: 1, comment })).toThrow('not a comment');
  });
});
