import { instantNow } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { listBlocked, listCsv, listQuery } from './blocked-list.ts';
import { fakeSource } from './testing.ts';

const asked = (search: string, isExport = false) => listQuery(new URLSearchParams(search), isExport);

describe('the list of what is blocked', () => {
  it.each([
    ['', ['45.83.64.1', '45.83.66.0/24', '2a01:4f8::/32']],
    ['q=45.83', ['45.83.64.1', '45.83.66.0/24']],
    ['q=SSH', ['45.83.64.1']],
    ['q=firehol', ['45.83.66.0/24']],
    ['q=45.83.0.0/16', ['45.83.64.1', '45.83.66.0/24']],
    ['q=2A01:', ['2a01:4f8::/32']],
    ['origin=local', ['45.83.64.1']],
    ['origin=community&q=ssh', []],
    ['origin=nonsense', ['45.83.64.1', '45.83.66.0/24', '2a01:4f8::/32']],
  ])('%s', async (search, networks) => {
    const { total, rows } = await listBlocked(fakeSource(), asked(search));
    expect(rows.map(({ network }) => network)).toEqual(networks);
    expect(total).toBe(networks.length);
  });

  it('counts all and tells the first, what was detected here before the community list', async () => {
    const source = fakeSource();
    for (let last = 0; last < 250; last += 1)
      source.set.add(`198.51.100.${last}` as Network, 100 + last, instantNow(source.clock) + 60, 'CAPI', 'x');
    source.set.add('203.0.113.9' as Network, 900, instantNow(source.clock) + 60, 'crowdsec', 'last to come');
    const { total, rows } = await listBlocked(source, asked('limit=3'));
    expect(total).toBe(254);
    expect(rows.map(({ network }) => network)).toEqual(['45.83.64.1', '203.0.113.9', '45.83.66.0/24']);
    expect((await listBlocked(source, asked('limit=99999'))).rows).toHaveLength(200);
    expect((await listBlocked(source, asked('', true))).rows).toHaveLength(254);
  });

  it('is exported as a table that no spreadsheet takes for formulas', async () => {
    const source = fakeSource();
    source.set.add('203.0.113.9' as Network, 9, instantNow(source.clock) + 60, 'crowdsec', '=cmd|"/c calc"!A1');
    const lines = listCsv(await listBlocked(source, asked('q=calc', true))).split('\r\n');
    expect(lines[0]).toBe('network,origin,scenario,type,until,blocked');
    expect(lines[1]).toMatch(/^"203\.0\.113\.9","crowdsec","'=cmd\|""\/c calc""!A1","ban","[\dT:.-]+Z","yes"$/);
    expect(lines).toHaveLength(3);
  });
});
