import { ManualClock } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { command } from '../testing-router.ts';
import { Router } from './router.ts';

const V4 = '/ip/firewall/address-list';
const V6 = '/ipv6/firewall/address-list';

function addressesOf(router: Router, family: 4 | 6 = 4): string[] {
  return [...router.addresses[family].rows()].map((row) => row.address);
}

describe('what an entry looks like', () => {
  it('with a timeout it is dynamic, without one static, and absent properties are absent', () => {
    const router = new Router({ clock: new ManualClock(0, Date.UTC(2026, 8, 28, 16, 48, 57)) });
    command(router, `${V4}/add`, { list: 'x', address: '192.0.2.1/32', timeout: '90061', comment: 'c' });
    command(router, `${V4}/add`, { list: 'x', address: '192.0.2.2', disabled: 'yes' });
    expect(command(router, `${V4}/print`).rows).toEqual([
      [
        '=.id=*1',
        '=list=x',
        '=address=192.0.2.1',
        '=creation-time=2026-09-28 16:48:57',
        '=timeout=1d1h1m1s',
        '=dynamic=true',
        '=disabled=false',
        '=comment=c',
      ],
      [
        '=.id=*2',
        '=list=x',
        '=address=192.0.2.2',
        '=creation-time=2026-09-28 16:48:57',
        '=dynamic=false',
        '=disabled=true',
      ],
    ]);
  });

  it('older versions print the date their way and do not know dynamic=', () => {
    const router = new Router({ version: '6.49.10', clock: new ManualClock(0, Date.UTC(2026, 8, 8, 6, 4, 7)) });
    command(router, `${V4}/add`, { list: 'x', address: '192.0.2.1' });
    expect(command(router, `${V4}/print`).rows[0]).toContain('=creation-time=sep/08/2026 06:04:07');
    expect(() => command(router, `${V4}/add`, { list: 'x', address: '192.0.2.2', dynamic: 'yes' })).toThrow(
      'unknown parameter dynamic',
    );
  });

  it('ids count up in upper-case hex and are not used twice', () => {
    const router = new Router({});
    const ids = Array.from({ length: 27 }, (_, index) =>
      command(router, `${V4}/add`, { list: 'x', address: `192.0.2.${index}` }),
    );
    expect(ids.at(-1)?.ret).toBe('*1B');
    command(router, `${V4}/remove`, { '.id': '*1B,*1A' });
    expect(command(router, `${V4}/add`, { list: 'x', address: '192.0.2.99' }).ret).toBe('*1C');
  });
});

describe('duplicates', () => {
  it.each([
    [V4, '192.0.2.1', '192.0.2.1/32'],
    [V4, '203.0.113.0/24', '203.0.113.77/24'],
    [V4, '203.0.113.0/24', '203.0.113.0-203.0.113.255'],
    [V6, '2001:db8::1', '2001:DB8:0::1/128'],
  ])('%s: %s and %s are the same', (menu, first, second) => {
    const router = new Router({});
    command(router, `${menu}/add`, { list: 'x', address: first });
    expect(() => command(router, `${menu}/add`, { list: 'x', address: second })).toThrow(
      'failure: already have such entry',
    );
    command(router, `${menu}/add`, { list: 'y', address: second });
  });

  it('a prefix and an address within it may both be there', () => {
    const router = new Router({});
    command(router, `${V4}/add`, { list: 'x', address: '192.0.2.0/24' });
    command(router, `${V4}/add`, { list: 'x', address: '192.0.2.1' });
    expect(addressesOf(router)).toEqual(['192.0.2.0/24', '192.0.2.1']);
  });

  it('adding what was printed is a duplicate', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => [V4, `${ip}/${bits}`] as const);
    const v6 = fc
      .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
      .map(([ip, bits]) => [V6, `${ip}/${bits}`] as const);
    fc.assert(
      fc.property(fc.oneof(v4, v6), ([menu, address]) => {
        const router = new Router({});
        command(router, `${menu}/add`, { list: 'x', address });
        const [printed = ''] = command(router, `${menu}/print`, { '.proplist': 'address' }).rows[0] ?? [];
        expect(() => command(router, `${menu}/add`, { list: 'x', address: printed.slice('=address='.length) })).toThrow(
          'already have such entry',
        );
      }),
    );
  });

  it('set cannot make one either, and frees the old address', () => {
    const router = new Router({});
    command(router, `${V4}/add`, { list: 'x', address: '192.0.2.1' });
    command(router, `${V4}/add`, { list: 'x', address: '192.0.2.2' });
    expect(() => command(router, `${V4}/set`, { '.id': '*2', address: '192.0.2.1/32' })).toThrow('already have');
    command(router, `${V4}/set`, { '.id': '*2', address: '192.0.2.3' });
    command(router, `${V4}/add`, { list: 'x', address: '192.0.2.2' });
    expect(addressesOf(router)).toEqual(['192.0.2.1', '192.0.2.3', '192.0.2.2']);
  });
});

describe('DNS names', () => {
  it('junk becomes a name row; a real name brings a child without a timeout that goes with it', () => {
    const router = new Router({ resolve: (name) => (name === 'example.com' ? ['198.18.0.1', '198.18.0.2'] : []) });
    command(router, `${V4}/add`, { list: 'x', address: '203.0.113.1-254', timeout: '1h' });
    command(router, `${V4}/add`, { list: 'x', address: 'example.com', timeout: '1h', comment: 'mine' });
    expect(addressesOf(router)).toEqual(['203.0.113.1-254', 'example.com', '198.18.0.1', '198.18.0.2']);
    const child = command(router, `${V4}/print`, { '.id': '*3' }).rows[0];
    expect(child).toContain('=comment=example.com');
    expect(child).toContain('=dynamic=true');
    expect(child?.some((word) => word.startsWith('=timeout='))).toBe(false);
    command(router, `${V4}/remove`, { '.id': '*2' });
    expect(addressesOf(router)).toEqual(['203.0.113.1-254']);
  });

  it('removing a name and its child in one go finds no such item', () => {
    const router = new Router({ resolve: () => ['198.18.0.1'], partialBatch: 'before' });
    command(router, `${V4}/add`, { list: 'x', address: 'example.com' });
    expect(() => command(router, `${V4}/remove`, { '.id': '*1,*2' })).toThrow('no such item');
    expect(addressesOf(router)).toEqual([]);
  });
});
