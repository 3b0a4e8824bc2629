import { describe, expect, it } from 'vitest';
import type { Network } from '../net/network.ts';
import { DecisionSet } from './decision-set.ts';

const address = '203.0.113.7' as Network;

function setOf(...decisions: [id: number, end: number, origin?: string, scenario?: string][]): DecisionSet {
  const set = new DecisionSet();
  for (const [id, end, origin = 'cscli', scenario = 'test'] of decisions) set.add(address, id, end, origin, scenario);
  set.takeTouched();
  return set;
}

describe('types', () => {
  function typed(...decisions: [id: number, end: number, type?: string, origin?: string][]): DecisionSet {
    const set = new DecisionSet();
    for (const [id, end, type, origin = 'cscli'] of decisions) set.add(address, id, end, origin, 'test', type);
    set.takeTouched();
    return set;
  }

  it('are that of the decision, and ban where nobody says', () => {
    expect(typed([1, 100, 'captcha']).get(address)?.type).toBe('captcha');
    expect(typed([1, 100]).get(address)?.type).toBe('ban');
  });

  it.each([
    ['before', [1, 100, 'ban'], [2, 300, 'captcha']],
    ['after', [2, 300, 'captcha'], [1, 100, 'ban']],
    ['told by another', [1, 100, 'ban', 'CAPI'], [2, 300, 'captcha', 'crowdsec']],
  ] as const)('under a ban and a captcha are ban while it lives, then captcha (%s)', (_, one, other) => {
    const set = typed([...one], [...other]);
    expect(set.get(address)).toMatchObject({ type: 'ban', expiresAt: 300 });
    set.expire(100);
    expect(set.takeTouched()).toEqual(new Set([address]));
    expect(set.get(address)).toMatchObject({ type: 'captcha', expiresAt: 300 });
  });

  it('change at once when a ban is deleted or comes', () => {
    const set = typed([1, 300, 'captcha', 'crowdsec'], [2, 100, 'ban', 'CAPI']);
    set.delete(address, 2);
    expect([set.get(address)?.type, set.takeTouched().size]).toEqual(['captcha', 1]);
    set.add(address, 3, 50, 'CAPI', 'test', 'ban');
    expect([set.get(address)?.type, set.takeTouched().size]).toEqual(['ban', 1]);
  });

  it('may change on a decision that is known', () => {
    const set = typed([1, 300, 'captcha']);
    set.add(address, 1, 300, 'cscli', 'test', 'ban');
    expect([set.get(address)?.type, set.takeTouched().size, set.decisions]).toEqual(['ban', 1, 1]);
    expect(set.counts()).toEqual([{ origin: 'cscli', family: 4, count: 1 }]);
  });
});

describe('decision set', () => {
  it('blocks while any decision is alive, until the longest ends', () => {
    const set = setOf([1, 100], [2, 300], [3, 200]);
    expect(set.get(address)?.expiresAt).toBe(300);
    set.delete(address, 2);
    expect(set.get(address)?.expiresAt).toBe(200);
    set.delete(address, 3);
    expect(set.get(address)?.expiresAt).toBe(100);
    set.delete(address, 1);
    expect(set.has(address)).toBe(false);
  });

  it('drops each decision at its own end, not before', () => {
    const set = setOf([1, 100], [2, 300]);
    set.expire(99);
    expect(set.decisions).toBe(2);
    set.expire(100);
    expect([set.decisions, set.has(address)]).toEqual([1, true]);
    set.expire(299);
    expect(set.has(address)).toBe(true);
    set.expire(300);
    expect([set.decisions, set.size]).toEqual([0, 0]);
  });

  it('shows the most local decision, and of those the longest', () => {
    const set = setOf(
      [1, 900, 'CAPI', 'far'],
      [2, 100, 'crowdsec', 'short'],
      [3, 200, 'crowdsec', 'long'],
      [4, 500, 'lists', 'list'],
    );
    expect(set.get(address)).toMatchObject({ expiresAt: 900, origin: 'crowdsec', scenario: 'long' });
    set.delete(address, 3);
    expect(set.get(address)).toMatchObject({ origin: 'crowdsec', scenario: 'short' });
    set.delete(address, 2);
    expect(set.get(address)).toMatchObject({ origin: 'lists', scenario: 'list' });
    expect(set.counts()).toEqual([{ origin: 'lists:list', family: 4, count: 1 }]);
  });

  it('takes a second word on the same decision as a new end', () => {
    const set = setOf([1, 100]);
    set.add(address, 1, 500, 'cscli', 'test');
    expect([set.decisions, set.get(address)?.expiresAt]).toEqual([1, 500]);
    set.expire(499);
    expect(set.has(address)).toBe(true);
    set.add(address, 1, 600, 'cscli', 'test');
    set.add(address, 1, 550, 'cscli', 'test');
    expect(set.get(address)?.expiresAt).toBe(550);
    set.expire(550);
    expect(set.has(address)).toBe(false);
  });

  it('is not moved by the few seconds that two readings of one end differ', () => {
    const set = setOf([1, 100]);
    set.add(address, 1, 98, 'cscli', 'test');
    expect(set.get(address)?.expiresAt).toBe(100);
    expect(set.takeTouched().size).toBe(0);
  });

  it('deletes what it does not know without a word', () => {
    const set = setOf([1, 100]);
    expect(set.delete(address, 2)).toBe(false);
    expect(set.delete('198.51.100.1' as Network, 1)).toBe(false);
    expect([set.decisions, set.takeTouched().size]).toEqual([1, 0]);
  });

  it('sweeps what a full pull did not bring, and nothing before the sweep', () => {
    const set = setOf([1, 100], [2, 300]);
    set.add('198.51.100.1' as Network, 3, 100, 'cscli', 'test');
    set.beginFull();
    set.add(address, 1, 100, 'cscli', 'test');
    expect(set.decisions).toBe(3);
    set.sweep();
    expect(set.decisionsOn(address).map(({ id }) => id)).toEqual([1]);
    expect(set.has('198.51.100.1' as Network)).toBe(false);
  });

  it('does not take a mark of a full pull that failed for one of the next', () => {
    const set = setOf([1, 100]);
    set.beginFull();
    set.add(address, 1, 100, 'cscli', 'test');
    set.beginFull();
    set.sweep();
    expect(set.size).toBe(0);
  });

  it('remembers for a while who left a network that others hold', () => {
    const set = setOf([1, 100], [2, 300], [3, 300]);
    set.expire(100);
    set.delete(address, 3);
    expect([1, 2, 3].map((id) => set.departedLately(id))).toEqual([true, false, true]);
    set.ageDeparted();
    expect(set.departedLately(1)).toBe(true);
    set.ageDeparted();
    expect(set.departedLately(1)).toBe(false);
  });

  it('forgets what was deleted once that is a quarter of what lives, however far its end is', () => {
    const set = new DecisionSet();
    for (let id = 0; id < 4000; id++) set.add(`192.0.${id >> 8}.${id & 255}` as Network, id, 5000, 'cscli', 'test');
    for (let id = 4000; id < 6025; id++) {
      set.add(address, id, 1000, 'cscli', 'test');
      set.delete(address, id);
    }
    expect(set.size).toBe(4000);
    expect(set.nextExpiry).toBeGreaterThan(4000);
  });

  it('keeps its queue in proportion, however often decisions come and go', () => {
    const set = new DecisionSet();
    for (let id = 0; id < 20_000; id++) {
      set.add(address, id, 1000 + id, 'cscli', 'test');
      set.delete(address, id);
    }
    set.add(address, 1, 5, 'cscli', 'test');
    // Had nothing been thrown away, the earliest of the 20,000 would still be the next to look at.
    expect(set.nextExpiry).toBe(5);
    set.expire(5);
    set.add(address, 1, 30_000, 'cscli', 'test');
    expect(set.nextExpiry).toBeGreaterThan(1000);
  });
});
