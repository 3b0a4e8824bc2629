import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import type { Family, HeldRow } from './address-list.ts';
import { Listing } from './listing.ts';
import { Framer } from './routeros/framer.ts';
import { encodeSentence } from './routeros/sentence.ts';

const NOW = 1000;
const OURS = 'crowdsec-bouncer CAPI ssh';

function listing(rows: readonly Record<string, string>[], known?: Map<Network, HeldRow>, family: Family = 4): Listing {
  const list = new Listing(known);
  for (const row of rows) {
    const words = Object.entries(row).map(([name, value]) => `=${name}=${value}`);
    new Framer().push(encodeSentence(['!re', ...words]), (sentence) => {
      list.take(sentence, family, NOW);
    });
  }
  return list;
}

function row(id: string, address: string, more: Record<string, string> = {}): Record<string, string> {
  return { '.id': id, address, timeout: '1m40s', comment: OURS, dynamic: 'true', disabled: 'false', ...more };
}

function held(rows: readonly Record<string, string>[], family: Family = 4): Record<string, [number, unknown]> {
  const entries = listing(rows, undefined, family).held;
  return Object.fromEntries([...entries].map(([network, { expiresAt, ref }]) => [network, [expiresAt, ref]]));
}

describe('Listing', () => {
  it('keeps rows of ours by their canonical network, with their end and the number of their id', () => {
    expect(held([row('*1F', '203.0.113.7'), row('*A', '198.51.100.0/24', { timeout: '00:00:05' })])).toEqual({
      '203.0.113.7': [1100, 0x1f],
      '198.51.100.0/24': [1005, 10],
    });
    expect(held([row('*1', '2001:db8::1/128'), row('*2', '2001:db8:1::/48')], 6)).toEqual({
      '2001:db8::1': [1100, 1],
      '2001:db8:1::/48': [1100, 2],
    });
  });

  it('counts a row without a timeout as one that never ends', () => {
    const forever = { '.id': '*1', address: '203.0.113.7', comment: OURS };
    expect(held([forever, row('*2', '203.0.113.8', { timeout: 'soon' })])).toEqual({
      '203.0.113.7': [Infinity, 1],
      '203.0.113.8': [Infinity, 2],
    });
  });

  it('takes for ours only what begins with the mark', () => {
    const list = listing([
      row('*1', '203.0.113.1', { comment: 'by hand' }),
      row('*2', '203.0.113.2', { comment: 'crowdsec-bouncers' }),
      row('*3', '203.0.113.3', { comment: 'crowdsec-bouncer' }),
      { '.id': '*4', address: '203.0.113.4', disabled: 'true' },
      { '.id': '*5', address: 'example.com', disabled: 'false' },
      { '.id': '*6', address: '203.0.113.10-203.0.113.20', disabled: 'true' },
    ]);
    expect([...list.held.keys()]).toEqual(['203.0.113.3']);
    expect(list.strays).toEqual([]);
    expect([...list.foreign]).toEqual([
      ['203.0.113.1', { expiresAt: 1100, enabled: true }],
      ['203.0.113.2', { expiresAt: 1100, enabled: true }],
      ['203.0.113.4', { expiresAt: Infinity, enabled: false }],
    ]);
    expect(list.foreignOther).toBe(1);
  });

  it('gives up rows of ours that do not block what they should: disabled, no network, the wrong family', () => {
    const list = listing([
      row('*1', '203.0.113.1', { disabled: 'true' }),
      row('*2', 'example.com'),
      row('*3', '203.0.113.10-203.0.113.20'),
    ]);
    expect(list.held.size).toBe(0);
    expect(list.strays.map(({ network, ref }) => [network, ref])).toEqual([
      ['203.0.113.1', { id: 1, family: 4, enabled: false }],
      ['example.com', { id: 2, family: 4, enabled: true }],
      ['203.0.113.10-203.0.113.20', { id: 3, family: 4, enabled: true }],
    ]);
    expect(listing([row('*9', '::ffff:203.0.113.1/128')], undefined, 6).strays).toHaveLength(1);
  });

  it.each([
    ['first', ['10s', '20s', '15s'], 2, [1, 3]],
    ['last', ['10s', '20s', '30s'], 3, [1, 2]],
  ])('keeps the longest of several rows with one network (%s)', (_, timeouts, kept, gone) => {
    const list = listing(timeouts.map((timeout, index) => row(`*${String(index + 1)}`, '203.0.113.1', { timeout })));
    expect(list.held.get('203.0.113.1' as Network)?.ref).toBe(kept);
    expect(list.strays.map(({ ref }) => (ref as { id: number }).id).sort()).toEqual(gone);
  });

  it('gives back the same entries where nothing has changed, in a map of its own', () => {
    const rows = [row('*3', '203.0.113.3'), row('*1', '203.0.113.1'), row('*2', '203.0.113.2')];
    const known = listing(rows).held;
    const before = new Map(known);
    const seen = [
      row('*1', '203.0.113.1', { timeout: '1m39s' }),
      row('*2', '203.0.113.2', { timeout: '2h' }),
      row('*4', '203.0.113.4'),
    ];
    const again = listing(seen, known);
    expect(known).toEqual(before);
    expect(again.held.get('203.0.113.3' as Network)).toBeUndefined();
    expect(again.held.get('203.0.113.1' as Network)).toBe(before.get('203.0.113.1' as Network));
    expect(again.held).not.toBe(known);
    expect([...again.held.keys()].sort()).toEqual(['203.0.113.1', '203.0.113.2', '203.0.113.4']);
    expect(again.held.get('203.0.113.2' as Network)).toEqual({ network: '203.0.113.2', expiresAt: NOW + 7200, ref: 2 });
  });

  it('sees a row that was replaced by another one, and a second row beside a known one', () => {
    const known = listing([row('*1', '203.0.113.1'), row('*2', '203.0.113.2')]).held;
    const list = listing([row('*7', '203.0.113.1'), row('*2', '203.0.113.2'), row('*8', '203.0.113.2')], known);
    expect([...list.held.values()].map(({ ref }) => ref).sort()).toEqual([2, 7]);
    expect(list.strays.map(({ ref }) => (ref as { id: number }).id)).toEqual([8]);
  });

  it('does not take the rows of one family for those of the other, although their ids are the same', () => {
    const known = listing([row('*1', '203.0.113.1')]).held;
    known.set('2001:db8::1' as Network, { network: '2001:db8::1' as Network, expiresAt: 1100, ref: 1 });
    expect([...listing([row('*1', '203.0.113.1')], known).held.keys()]).toEqual(['203.0.113.1']);
  });
});
