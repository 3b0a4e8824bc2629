import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runStream, setupStream } from '../test/stream-setup.ts';
import type { Delta } from './lapi/lapi-client.ts';
import { parseNetwork } from './net/parse-network.ts';
import { createProtectedSpace } from './net/protected-space.ts';
import type { DecisionStreamOptions } from './stream-options.ts';

const MINUTE = 60_000;

/** A stream that follows a LAPI with 200 bans of ten hours. */
async function setUp(options: Partial<DecisionStreamOptions> = {}) {
  const world = setupStream({ resyncInterval: 900, ...options });
  const rows = Array.from({ length: 200 }, (_, index) => world.lapi.ban(`198.51.100.${index}`, 36_000));
  const running = runStream(world.stream);
  await world.clock.advance(1000);
  expect(world.stream.set.size).toBe(200);
  const fullPulls = () => world.lapi.pulls.filter((kind) => kind === 'full').length;
  return { ...world, ...running, rows, fullPulls };
}

describe('decision stream, when LAPI names most of it no longer', () => {
  it('keeps everything through a database fault of LAPI, however long, and pulls in full every minute', async () => {
    const { clock, lapi, stream, stop, fullPulls } = await setUp();
    lapi.share = 0;
    stream.requestFull('test');
    await clock.advance(20 * MINUTE);
    expect(stream.set.size).toBe(200);
    expect(stream.status()).toMatchObject({ guard: { removals: 200, held: 200 }, guardHolds: 1 });
    expect(fullPulls()).toBeGreaterThanOrEqual(20);
    expect(fullPulls()).toBeLessThanOrEqual(24);
    // The other road is not asked before the time is over, and once a minute then.
    expect(lapi.lists).toBeGreaterThanOrEqual(9);
    expect(lapi.lists).toBeLessThanOrEqual(12);
    lapi.share = 1;
    await clock.advance(MINUTE);
    expect(stream.status().guard).toBeUndefined();
    expect(stream.set.size).toBe(200);
    await stop();
  });

  it('carries out what every pull over the time and the other road agree on, and not a minute earlier', async () => {
    const { clock, lapi, rows, stream, stop, fullPulls } = await setUp();
    // Gone without a deletion: LAPI forgot them long ago.
    for (const row of rows.slice(10)) row.until = clock.now() - 3 * MINUTE;
    stream.requestFull('test');
    await clock.advance(9 * MINUTE);
    expect(stream.set.size).toBe(200);
    expect(lapi.lists).toBe(0);
    await clock.advance(2 * MINUTE);
    expect([stream.set.size, lapi.lists]).toEqual([10, 1]);
    const before = fullPulls();
    await clock.advance(9 * MINUTE);
    expect(fullPulls() - before).toBeGreaterThanOrEqual(8);
    await clock.advance(5 * MINUTE);
    expect(fullPulls() - before).toBeLessThanOrEqual(11);
    await stop();
  });

  it('does not believe in a short list that the other road contradicts, even by one entry', async () => {
    const { clock, lapi, stream, stop } = await setUp();
    lapi.share = 0.1;
    lapi.listShare = 0.11;
    stream.requestFull('test');
    await clock.advance(30 * MINUTE);
    expect(stream.set.size).toBe(200);
    await stop();
  });

  it('removes only what no pull of the whole time has named', async () => {
    const { clock, lapi, rows, stream, stop } = await setUp({ removalHold: 150 });
    for (const row of rows.slice(40)) row.until = clock.now() - 3 * MINUTE;
    lapi.listShare = 1;
    stream.requestFull('test');
    await clock.advance(10_000);
    // One of the pulls in between is shorter than the others: what it lacks the others name.
    lapi.share = 0.5;
    await clock.advance(MINUTE);
    lapi.share = 1;
    await clock.advance(4 * MINUTE);
    expect(stream.set.size).toBe(40);
    await stop();
  });

  it('lets explicit deletions count at once, and ends', async () => {
    const { clock, lapi, rows, stream, stop } = await setUp();
    for (const row of rows.slice(10)) row.until = clock.now() - 3 * MINUTE;
    lapi.ban('203.0.113.7', 120);
    stream.requestFull('test');
    await clock.advance(MINUTE);
    expect(stream.set.size).toBe(201);
    lapi.unban(rows[0]!);
    // In a delta, or in the full pull that comes every minute.
    await clock.advance(70_000);
    expect(stream.set.has(parseNetwork('198.51.100.0')!)).toBe(false);
    await clock.advance(2 * MINUTE);
    expect(stream.set.size).toBe(199);
    await stop();
  });

  it('holds nothing that must never be blocked', async () => {
    let allowed: string[] = [];
    const { clock, lapi, stream, stop } = await setUp({
      protectedSpace: () => {
        const allowlist = allowed.map((text) => parseNetwork(text)!);
        return Promise.resolve(createProtectedSpace({ allowlist, addresses: [], blockPrivateNetworks: false }));
      },
    });
    allowed = ['198.51.100.0/26'];
    lapi.share = 0;
    stream.requestFull('test');
    await clock.advance(10_000);
    expect(stream.set.size).toBe(136);
    expect(stream.status().guard).toMatchObject({ removals: 136 });
    await stop();
  });

  it('lets a pull through that was accepted beforehand', async () => {
    const { clock, lapi, stream, stop } = await setUp({ maxRemovalPercent: 100 });
    lapi.share = 0;
    stream.requestFull('test');
    await clock.advance(10_000);
    expect(stream.set.size).toBe(0);
    await stop();
  });

  it('never unblocks what lives, whatever the database of LAPI does', async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ share: fc.constantFrom(0, 0, 0.1, 0.3, 1) }) },
      { weight: 2, arbitrary: fc.record({ fault: fc.constantFrom('odd', 'denied', 'cut', 'lost', 'refused') }) },
      { weight: 1, arbitrary: fc.record({ unban: fc.nat(199) }) },
      { weight: 4, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 1200 }) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { clock, lapi, rows, stream, stop } = await setUp();
        const hidden: string[] = [];
        for (const next of steps) {
          if ('share' in next) lapi.share = next.share;
          if ('fault' in next) lapi.faults.push(next.fault);
          if ('unban' in next) lapi.unban(rows[next.unban]!);
          if ('pass' in next) await clock.advance(next.pass * 1000);
          for (const { value } of lapi.active()) if (!stream.set.has(parseNetwork(value)!)) hidden.push(value);
        }
        expect(hidden).toEqual([]);
        lapi.share = 1;
        lapi.faults.length = 0;
        await clock.advance(20 * MINUTE);
        expect(stream.set.size).toBe(lapi.active().length);
        expect(stream.status()).toMatchObject({ state: 'ok' });
        await stop();
      }),
      { numRuns: 60 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });
});

describe('decision stream, when it does not understand', () => {
  it('adds what it can read of a full pull, removes nothing, fails, and pulls in full again within a minute', async () => {
    const { clock, lapi, rows, stream, stop, updates } = await setUp();
    for (const row of rows.slice(150)) row.until = clock.now() - 3 * MINUTE;
    for (const value of ['203.0.113.1', '203.0.113.2']) lapi.ban(value, 3600);
    lapi.faults.push(...Array.from({ length: 20 }, () => 'odd' as const));
    stream.requestFull('test');
    const before = lapi.pulls.length;
    await clock.advance(10_000);
    expect(stream.set.size).toBeGreaterThan(200);
    expect(stream.status()).toMatchObject({ state: 'failing', lastError: { kind: 'malformed' } });
    expect(stream.status().skipped['malformed']).toBeGreaterThan(0);
    expect(updates.at(-1)).toMatchObject({ full: false, touched: [expect.stringMatching(/^203/)] });
    await clock.advance(5 * MINUTE);
    const after = lapi.pulls.slice(before);
    expect(after.length).toBeGreaterThanOrEqual(5);
    expect(after.length).toBeLessThanOrEqual(12);
    expect(after).not.toContain('delta');
    lapi.faults.length = 0;
    await clock.advance(2 * MINUTE);
    expect([stream.set.size, stream.status().state]).toEqual([152, 'ok']);
    await stop();
  });

  it('takes a duration that is none for a language that it does not speak', async () => {
    const { clock, lapi, stream, stop } = await setUp();
    const pull = lapi.pullFull.bind(lapi);
    lapi.pullFull = (query, onDecision, signal) =>
      pull(
        query,
        (decision) => {
          onDecision({ ...decision, duration: '4 hours' });
        },
        signal,
      );
    stream.requestFull('test');
    await clock.advance(10_000);
    expect(stream.set.size).toBe(200);
    expect(stream.status()).toMatchObject({ lastError: { kind: 'malformed' } });
    await stop();
  });

  it('believes in an empty list that nobody remembers otherwise only if the other road does', async () => {
    const { clock, lapi, stream } = setupStream();
    const rows = Array.from({ length: 20 }, (_, index) => lapi.ban(`198.51.100.${index}`, 36_000));
    lapi.share = 0;
    const { stop } = runStream(stream);
    await clock.advance(MINUTE);
    expect(stream.status()).toMatchObject({ state: 'failing', fullPulls: 0, lastError: { kind: 'malformed' } });
    lapi.share = 1;
    await clock.advance(MINUTE);
    expect([stream.set.size, stream.status().state]).toEqual([20, 'ok']);
    // Too few for the guard, and as much worth.
    lapi.share = 0;
    stream.requestFull('test');
    await clock.advance(5 * MINUTE);
    expect(stream.set.size).toBe(20);
    lapi.share = 1;
    for (const row of rows) row.until = clock.now() - 3 * MINUTE;
    await clock.advance(2 * MINUTE);
    expect([stream.set.size, stream.status().state]).toEqual([0, 'ok']);
    await stop();
  });

  it.each<[string, (delta: Delta) => Delta]>([
    ['element', (delta) => ({ ...delta, added: [], malformed: delta.added.length })],
    ['duration', (delta) => ({ ...delta, added: delta.added.map((row) => ({ ...row, duration: '4 hours' })) })],
  ])('takes nothing back by a delta that may ban it anew in an %s that it cannot read', async (_, spoil) => {
    const { clock, lapi, rows, stream, stop } = await setUp();
    const pull = lapi.pullDelta.bind(lapi);
    lapi.pullDelta = async (query, signal) => spoil(await pull(query, signal));
    await clock.advance(1);
    lapi.unban(rows[7]!);
    lapi.ban(rows[7]!.value, 3600);
    let lowest = stream.set.size;
    for (let second = 0; second < 30; second += 1) {
      await clock.advance(1000);
      lowest = Math.min(lowest, stream.set.size);
    }
    expect([lowest, stream.set.size]).toEqual([200, 200]);
    lapi.unban(rows[8]!);
    lapi.pullDelta = pull;
    await clock.advance(20_000);
    expect(stream.set.size).toBe(199);
    await stop();
  });

  it('acts on what it can read of a delta, and pulls in full next', async () => {
    const { clock, lapi, rows, stream, stop } = await setUp();
    await clock.advance(1);
    for (const value of ['203.0.113.1', '203.0.113.2']) lapi.ban(value, 3600);
    lapi.unban(rows[7]!);
    lapi.unban(rows[8]!);
    lapi.faults.push('odd');
    await clock.advance(10_000);
    expect(lapi.pulls.slice(-2)).toEqual(['delta', 'full']);
    expect([stream.set.size, stream.status().failures]).toEqual([200, { malformed: 1 }]);
    await stop();
  });
});

describe('decision stream, when its filter lets nothing through', () => {
  const warned: [object, string][] = [];
  const log = {
    debug: () => {},
    info: () => {},
    warn: (fields: object, text: string) => void warned.push([fields, text]),
  };

  it.each([{ origins: ['CAPPI'] }, { scenariosContaining: ['shh'] }, { types: new Set(['bann']) }])(
    'tells what there is instead: %j',
    async (filter) => {
      warned.length = 0;
      const { clock, lapi, stream } = setupStream({ log, filter: { types: new Set(['ban']), ...filter } });
      // LAPI leaves out what its own parameters do not match.
      if (!('types' in filter)) lapi.share = 0;
      lapi.listShare = 1;
      for (let index = 0; index < 42; index++) lapi.ban(`198.51.100.${index}`, 36_000);
      const { stop } = runStream(stream);
      await clock.advance(40 * MINUTE);
      expect(stream.status().seen).toEqual({ decisions: 42, passed: 0, origins: { cscli: 42 }, types: { ban: 42 } });
      expect(warned).toEqual([
        [expect.objectContaining({ decisions: 42 }), 'nothing is blocked: none of the decisions passes the filter'],
      ]);
      expect(lapi.lists).toBeLessThanOrEqual(3);
      await stop();
    },
  );
});
