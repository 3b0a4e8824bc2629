import { describe, expect, it } from 'vitest';
import { fakeSource, targetStatus } from './testing.ts';
import { Heartbeat, readiness } from './readiness.ts';

describe('health', () => {
  it('fails when the event loop does not beat, and recovers', async () => {
    const { clock, now } = fakeSource();
    const heartbeat = new Heartbeat(clock);
    await clock.advance(60_000);
    expect(heartbeat.verdict(now).ok).toBe(true);
    await clock.advance(1000);
    expect(heartbeat.verdict(now)).toEqual({ ok: false, reasons: ['the event loop is stuck'] });
    heartbeat.beat();
    expect(heartbeat.verdict(now).ok).toBe(true);
  });

  it('fails when a pull is long overdue', async () => {
    const { clock, now } = fakeSource();
    const heartbeat = new Heartbeat(clock);
    await clock.advance(6000 + 180_000);
    heartbeat.beat();
    expect(heartbeat.verdict(now).ok).toBe(true);
    await clock.advance(1000);
    heartbeat.beat();
    expect(heartbeat.verdict(now).reasons).toEqual(['the next pull of LAPI is 181 s overdue']);
  });
});

describe('readiness', () => {
  it('is the verdict of the controller, with reasons when it is no', () => {
    const { clock, now } = fakeSource();
    expect(readiness(now, clock)).toEqual({ ok: true, reasons: [] });
    const cut = [targetStatus({ name: 'd', skipped: { 'over MAX_ENTRIES': 7, other: 1 } })];
    expect(readiness({ ...now, targets: cut }, clock)).toEqual({
      ok: true,
      reasons: ['d: 7 entries are left out, over MAX_ENTRIES'],
    });
    const targets = [
      targetStatus({ name: 'a', state: 'away' }),
      targetStatus({ name: 'b', refused: 2 }),
      targetStatus({ name: 'c', guard: { removals: 8, held: 10, since: 0, until: 1_800_000_000_000 } }),
    ];
    const stream = { ...now.stream, state: 'failing' as const };
    expect(readiness({ ...now, ready: false, stream, targets }, clock).reasons).toEqual([
      'the last pull of LAPI failed, the last good one is 4 s old',
      'a is away',
      'b refused 2 entries',
      'c: 8 removals of 10 entries are held until 2027-01-15T08:00:00Z at the earliest, and until GET /v1/decisions agrees',
    ]);
  });

  it('always has a reason', () => {
    const { clock, now } = fakeSource({ ready: false });
    expect(readiness(now, clock).reasons).toEqual(['the last pull of LAPI is 4 s old']);
    const { lastPullAt, ...stream } = now.stream;
    expect(lastPullAt).toBeDefined();
    expect(readiness({ ...now, stream }, clock).reasons).toEqual(['LAPI has not answered yet']);
  });
});
