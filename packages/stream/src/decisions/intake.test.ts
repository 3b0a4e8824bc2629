import { describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.ts';
import { parseNetwork } from '../net/parse-network.ts';
import { createProtectedSpace } from '../net/protected-space.ts';
import { DecisionSet } from './decision-set.ts';
import { Intake, LAST_INSTANT } from './intake.ts';
import type { WireDecision } from './wire-decision.ts';

function setup(...allowlist: string[]) {
  const set = new DecisionSet();
  const logged: object[] = [];
  const log = { debug: () => {}, info: () => {}, warn: (fields: object) => logged.push(fields) };
  const clock = new ManualClock(1_000_300);
  const intake = new Intake(set, { types: new Set(['ban']) }, clock, log);
  const space = createProtectedSpace({
    allowlist: allowlist.map((text) => parseNetwork(text)!),
    addresses: [],
    blockPrivateNetworks: false,
  });
  intake.restart(space);
  return { set, intake, clock, logged, space };
}

function ban(over: Partial<WireDecision> = {}): WireDecision {
  return {
    id: 1,
    origin: 'cscli',
    scenario: 'test',
    scope: 'Ip',
    type: 'ban',
    value: '203.0.113.7',
    duration: '4h',
    ...over,
  };
}

const held = (set: DecisionSet) => [...set.entries()].map(({ network }) => network as string);

describe('intake', () => {
  it.each([
    [{ value: '203.0.113.7' }, '203.0.113.7'],
    [{ value: '203.0.113.77/25', scope: 'Ip' }, '203.0.113.0/25'],
    [{ value: '203.0.113.7', scope: 'Range' }, '203.0.113.7'],
    [{ value: '203.0.113.7', scope: 'ip' }, '203.0.113.7'],
    [{ value: '203.0.113.0/24', scope: 'RANGE' }, '203.0.113.0/24'],
    [{ value: '::ffff:192.0.2.5' }, '192.0.2.5'],
    [{ value: '2001:DB8:0:0::AB' }, '2001:db8::ab'],
  ])('enforces %j as %s', (over, network) => {
    const { set, intake } = setup();
    intake.add(ban(over));
    expect(held(set)).toEqual([network]);
    expect(intake.skipped).toEqual({});
  });

  it.each([
    [{ scope: 'Country', value: 'FR' }, 'scope'],
    [{ scope: 'AS', value: '64500' }, 'scope'],
    [{ scope: 'username', value: '203.0.113.7' }, 'scope'],
    [{ scope: '', value: '203.0.113.7' }, 'scope'],
    [{ type: 'captcha' }, 'type'],
    [{ value: '010.1.2.3' }, 'not an address'],
    [{ value: '1.2.3.4"; /system reboot' }, 'not an address'],
    [{ duration: '4 hours' }, 'not a duration'],
    [{ duration: '0s' }, 'expired'],
    [{ duration: '-1.5s' }, 'expired'],
    [{ value: '127.0.0.1' }, 'protected: loopback'],
    [{ value: '0.0.0.0/0', scope: 'Range' }, 'protected: too wide'],
    [{ value: '192.168.1.1' }, 'protected: private'],
  ])('passes over %j: %s', (over, reason) => {
    const { set, intake } = setup();
    intake.add(ban(over));
    expect(held(set)).toEqual([]);
    expect(intake.skipped).toEqual({ [reason]: 1 });
  });

  it('never lets a block end early: the end is rounded up, with a second for what LAPI cuts off', () => {
    const { set, intake } = setup();
    intake.add(ban({ duration: '10s' }));
    // 1,000.3 s + 10 s = 1,010.3 s
    expect([...set.entries()][0]!.expiresAt).toBe(1012);
  });

  it('lets a block that stands see its last second, which LAPI writes as 0s', () => {
    const { set, intake } = setup();
    intake.add(ban({ duration: '1s' }));
    set.beginFull();
    intake.add(ban({ duration: '0s' }));
    set.sweep();
    expect(held(set)).toEqual(['203.0.113.7']);
    expect(intake.skipped).toEqual({});
  });

  it('keeps the longest ends small integers', () => {
    const { set, intake } = setup();
    for (const duration of ['876000h', '2562047h47m16.854775807s', `${'9'.repeat(50)}h`]) {
      intake.add(ban({ duration }));
      expect([...set.entries()][0]!.expiresAt).toBe(LAST_INSTANT);
    }
  });

  it('splits a range around what is protected, and takes all pieces back with one deletion', () => {
    const { set, intake } = setup('203.0.113.1');
    intake.add(ban({ value: '203.0.113.0/30', scope: 'Range' }));
    expect(held(set)).toEqual(['203.0.113.0', '203.0.113.2/31']);
    expect(intake.skipped).toEqual({});
    expect(intake.delete(ban({ value: '203.0.113.0/30', duration: '-1s' }))).toBe(true);
    expect(held(set)).toEqual([]);
  });

  it('lets only types that it enforces take anything back', () => {
    const { set, intake } = setup();
    intake.add(ban());
    intake.delete(ban({ type: 'captcha' }));
    intake.delete(ban({ scope: 'Country' }));
    expect(held(set)).toEqual(['203.0.113.7']);
    expect(intake.skipped).toEqual({});
  });

  it('notices a deletion of something it never knew, only where others hold the network', () => {
    const { set, intake } = setup();
    expect(intake.delete(ban({ id: 9 }))).toBe(true);
    intake.add(ban({ id: 1 }));
    expect(intake.delete(ban({ id: 9 }))).toBe(false);
    intake.add(ban({ id: 2 }));
    expect(intake.delete(ban({ id: 2 }))).toBe(true);
    expect(intake.delete(ban({ id: 2 }))).toBe(true);
    expect(held(set)).toEqual(['203.0.113.7']);
  });

  it('logs a few odd decisions with their text cut, counts all, and starts again with the next full pull', () => {
    const { intake, logged, space } = setup();
    for (let id = 0; id < 50; id++) intake.add(ban({ id, value: 'x'.repeat(5000) }));
    expect(intake.skipped).toEqual({ 'not an address': 50 });
    expect(logged).toHaveLength(10);
    expect(JSON.stringify(logged[0]).length).toBeLessThan(300);
    expect(intake.skippedValues).toHaveLength(50);
    intake.restart(space);
    intake.add(ban({ value: 'y' }));
    expect([intake.skipped, intake.skippedValues.map(({ value }) => value)]).toEqual([{ 'not an address': 1 }, ['y']]);
    expect(logged).toHaveLength(11);
  });

  it('tells what was left out before until a full pull is answered, if only by nothing', () => {
    const { intake, space } = setup();
    intake.add(ban({ value: 'x' }));
    intake.restart(space);
    expect([intake.skipped, intake.skippedValues.length, intake.seen.decisions]).toEqual([
      { 'not an address': 1 },
      1,
      1,
    ]);
    intake.renew();
    expect([intake.skipped, intake.skippedValues.length, intake.seen.decisions]).toEqual([{}, 0, 0]);
    intake.add(ban({ value: 'x' }));
    intake.restart(space);
    intake.skipMalformed(2);
    expect(intake.skipped).toEqual({ malformed: 2 });
  });
});
