import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { command } from '../testing-router.ts';
import { Router } from './router.ts';
import { ExpiryQueue } from './expiry-queue.ts';

const MENU = '/ip/firewall/address-list';

function setUp(options = {}): { clock: ManualClock; router: Router; addresses: () => string[] } {
  const clock = new ManualClock();
  const router = new Router({ clock, ...options });
  return { clock, router, addresses: () => [...router.addresses[4].rows()].map((row) => row.address) };
}

function propertyOf(router: Router, id: string, name: string): string | undefined {
  const [words = []] = command(router, `${MENU}/print`, { '.id': id, '.proplist': name }).rows;
  return words[0]?.slice(name.length + 2);
}

describe('timeouts', () => {
  it('count down and take the entry away at their end, not before', async () => {
    const { clock, router, addresses } = setUp();
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.1', timeout: '10' });
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.2', timeout: '5' });
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.3' });
    await clock.advance(4999);
    expect(propertyOf(router, '*1', 'timeout')).toBe('6s');
    expect(addresses()).toHaveLength(3);
    await clock.advance(1);
    expect(addresses()).toEqual(['192.0.2.1', '192.0.2.3']);
    await clock.advance(5000);
    expect(addresses()).toEqual(['192.0.2.3']);
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.1', timeout: '10' });
  });

  it('are armed again by set, longer or shorter', async () => {
    const { clock, router, addresses } = setUp();
    for (const last of [1, 2]) command(router, `${MENU}/add`, { list: 'x', address: `192.0.2.${last}`, timeout: '60' });
    await clock.advance(30_000);
    command(router, `${MENU}/set`, { numbers: '*1', timeout: '2m' });
    command(router, `${MENU}/set`, { '.id': '*2', timeout: '1s' });
    await clock.advance(1000);
    expect(addresses()).toEqual(['192.0.2.1']);
    await clock.advance(60_000);
    expect(propertyOf(router, '*1', 'timeout')).toBe('59s');
  });

  it('make a static row dynamic', () => {
    const { router } = setUp();
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.1' });
    command(router, `${MENU}/set`, { '.id': '*1', timeout: '1h' });
    expect(propertyOf(router, '*1', 'dynamic')).toBe('true');
  });

  it('go on for a disabled row', async () => {
    const { clock, router, addresses } = setUp();
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.1', timeout: '5', disabled: 'yes' });
    expect(propertyOf(router, '*1', 'disabled')).toBe('true');
    await clock.advance(5000);
    expect(addresses()).toEqual([]);
  });

  it('come out in order of time', () => {
    const queue = new ExpiryQueue();
    const times = Array.from({ length: 500 }, (_, index) => (index * 7919) % 1009);
    for (const [number, at] of times.entries()) queue.add(at, number);
    expect(queue.takeDue(-1)).toBeUndefined();
    const taken: number[] = [];
    for (let due = queue.takeDue(2000); due; due = queue.takeDue(2000)) taken.push(due.at);
    expect(taken).toEqual([...times].sort((a, b) => a - b));
  });
});

describe('a reboot', () => {
  it('keeps static rows alone, and the uptime starts again', async () => {
    const { clock, router, addresses } = setUp();
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.1' });
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.2', timeout: '1d' });
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.3', dynamic: 'yes' });
    await clock.advance(90_000);
    expect(command(router, '/system/resource/print').rows[0]).toContain('=uptime=1m30s');
    router.reboot();
    expect(addresses()).toEqual(['192.0.2.1']);
    expect(command(router, '/system/resource/print').rows[0]).toContain('=uptime=0s');
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.2', timeout: '1d' });
  });

  it('old ids may come to mean other rows', () => {
    const { router } = setUp();
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.1', timeout: '1d' });
    router.reboot();
    expect(command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.9' }).ret).toBe('*1');
  });

  it('or not, when asked', () => {
    const { router } = setUp({ idsRestartAtReboot: false });
    command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.1', timeout: '1d' });
    router.reboot();
    expect(command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.9' }).ret).toBe('*2');
  });
});

describe('batches with an id that is gone', () => {
  it.each([
    ['before', ['192.0.2.3']],
    ['none', ['192.0.2.1', '192.0.2.2', '192.0.2.3']],
  ] as const)('%s: what was removed', (partialBatch, left) => {
    const { router, addresses } = setUp({ partialBatch });
    for (const last of [1, 2, 3]) command(router, `${MENU}/add`, { list: 'x', address: `192.0.2.${last}` });
    expect(() => command(router, `${MENU}/remove`, { '.id': '*1,*2,*99,*3' })).toThrow('no such item');
    expect(addresses()).toEqual(left);
  });

  it('random: both happen', () => {
    const { router, addresses } = setUp({ partialBatch: 'random' });
    const lefts = Array.from({ length: 20 }, () => {
      const { ret = '' } = command(router, `${MENU}/add`, { list: 'x', address: '192.0.2.1' });
      expect(() => command(router, `${MENU}/remove`, { numbers: `${ret},*FFFF` })).toThrow('no such item');
      const left = addresses().length;
      if (left > 0) command(router, `${MENU}/remove`, { '.id': ret });
      return left;
    });
    expect(new Set(lefts)).toEqual(new Set([0, 1]));
  });
});
