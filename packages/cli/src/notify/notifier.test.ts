import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger, type LogFields, type Logger } from '@bouncer/target';
import { fakeSource, targetStatus, type FakeSource } from '../web/testing.ts';
import type { Notice } from './notice.ts';
import { startNotifier } from './notifier.ts';

const stop = { now: new AbortController() };
afterEach(() => {
  stop.now.abort();
});

/** A connector whose verdict a test sets, and whoever is told; nothing here takes any time. */
function setUp(options: { readonly details?: boolean } = {}) {
  const source = fakeSource();
  const told: Notice[] = [];
  const warnings: LogFields[] = [];
  const receiver = { isAway: false, tries: 0 };
  const log: Logger = { ...silentLogger, warn: (fields) => void warnings.push(fields) };
  stop.now = new AbortController();
  const ended = startNotifier({
    ...source,
    after: 60,
    details: options.details ?? false,
    hide: (text) => text.replaceAll('hidden', '***'),
    log,
    signal: stop.now.signal,
    random: () => 1,
    send: (notice) => {
      receiver.tries += 1;
      if (receiver.isAway) return Promise.reject(new Error('no route, hidden'));
      told.push(notice);
      return Promise.resolve();
    },
  });
  return { source, told, warnings, receiver, ended };
}

/** Lets time pass in which LAPI answers. */
async function pass(source: FakeSource, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 5) {
    const { now, clock } = source;
    source.now = { ...now, stream: { ...now.stream, lastPullAt: clock.wall() } };
    await clock.advance(Math.min(left, 5) * 1000);
  }
}

const away = targetStatus({ name: 'office', state: 'away' });
const break_ = (source: FakeSource): void => {
  source.now = { ...source.now, targets: [away] };
};
const mend = (source: FakeSource): void => {
  source.now = { ...source.now, targets: [targetStatus({ name: 'office' })] };
};

describe('whoever is told of the verdict', () => {
  it('hears of a change once it has lasted for a minute, and when it is back', async () => {
    const { source, told } = setUp();
    await pass(source, 300);
    expect(told).toEqual([]);
    break_(source);
    await pass(source, 50);
    expect(told).toEqual([]);
    await pass(source, 20);
    expect(told).toMatchObject([
      { verdict: 'not-protecting', before: 'protecting', lines: ['office: does not answer'], isTest: false },
    ]);
    expect(told[0]?.title).toBe('crowdsec-mikrotik-bouncer: NOT protecting');
    await pass(source, 3600);
    expect(told).toHaveLength(1);
    mend(source);
    await pass(source, 70);
    expect(told.slice(1)).toMatchObject([{ verdict: 'protecting', before: 'not-protecting' }]);
    expect(told[1]?.title).toBe('crowdsec-mikrotik-bouncer: protecting again');
  });

  it('hears no word of LAPI, of a decision or of a device unless it is asked for, and no secret ever', async () => {
    const canary = 'CANARY hidden';
    const spoil = (source: FakeSource): void => {
      const lastError = { message: canary, hint: canary, at: 0 };
      const concern = { level: 'fail' as const, seen: canary, fix: canary };
      source.now = { ...source.now, targets: [{ ...away, lastError, concerns: [concern] }] };
    };
    const plain = setUp();
    spoil(plain.source);
    await pass(plain.source, 70);
    expect(JSON.stringify(plain.told)).not.toContain('CANARY');
    expect(plain.told[0]?.lines).toEqual(['office: does not answer, a banned address may get through']);
    stop.now.abort();
    const detailed = setUp({ details: true });
    spoil(detailed.source);
    await pass(detailed.source, 70);
    expect(JSON.stringify(detailed.told)).toContain('CANARY ***');
    expect(JSON.stringify(detailed.told)).not.toContain('hidden');
  });

  it('hears six times an hour at most, and of the last state in the end', async () => {
    const { source, told } = setUp();
    for (let round = 0; round < 10; round += 1) {
      break_(source);
      await pass(source, 70);
      mend(source);
      await pass(source, 70);
    }
    expect(told).toHaveLength(6);
    break_(source);
    await pass(source, 3600);
    expect(told).toHaveLength(7);
    expect(told.at(-1)).toMatchObject({ verdict: 'not-protecting' });
  });

  it('is tried again, ever less often, while it is away; then it hears of the last state alone', async () => {
    const { source, told, receiver, warnings, ended } = setUp();
    receiver.isAway = true;
    break_(source);
    await pass(source, 3600);
    expect(receiver.tries).toBeGreaterThan(8);
    expect(receiver.tries).toBeLessThan(20);
    expect(warnings).toHaveLength(receiver.tries);
    expect(warnings[0]).toEqual({ error: 'no route, ***' });
    mend(source);
    await pass(source, 70);
    receiver.isAway = false;
    await pass(source, 600);
    expect(told).toMatchObject([{ verdict: 'protecting', before: 'not-protecting' }]);
    stop.now.abort();
    await ended;
    expect(source.clock.sleeping).toBe(0);
  });
});
