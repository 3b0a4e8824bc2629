import { describe, expect, it } from 'vitest';
import { createProtectedSpace } from './net/protected-space.ts';
import { runStream, setupStream } from '../test/stream-setup.ts';

const address = '203.0.113.7';
const addresses = (count: number) =>
  Array.from({ length: count }, (_, index) => `198.51.${100 + (index >> 8)}.${index & 255}`);
const gaps = (times: readonly number[]) => times.slice(1).map((time, index) => time - (times[index] ?? 0));

describe('decision stream, running', () => {
  it('polls from start to start, within 10 % of the frequency, until aborted', async () => {
    let random = 0;
    const { clock, lapi, stream } = setupStream({ random: () => (random = (random + 0.3) % 1) });
    const { updates, stop } = runStream(stream);
    await clock.advance(100_000);
    await stop();
    const seen = gaps(lapi.pulledAt);
    expect(seen.length).toBeGreaterThanOrEqual(9);
    for (const gap of seen) expect(gap).toBeGreaterThanOrEqual(9000);
    for (const gap of seen) expect(gap).toBeLessThanOrEqual(11_000);
    expect(new Set(seen).size).toBeGreaterThan(1);
    expect(updates.map(({ pull }) => pull)).toEqual(updates.map((_, index) => index + 1));
    await clock.advance(100_000);
    expect(lapi.pulls).toHaveLength(seen.length + 1);
  });

  it('ends at once when it was told to before it began', async () => {
    const { clock, lapi, stream } = setupStream();
    await stream.run(AbortSignal.abort(), () => expect.unreachable());
    expect([clock.sleeping, lapi.pulls.length]).toEqual([0, 0]);
  });

  it('resyncs within the hour', async () => {
    const { clock, lapi, stream } = setupStream({ resyncInterval: 600 });
    const { stop } = runStream(stream);
    await clock.advance(1_800_000);
    await stop();
    const full = lapi.pulledAt.filter((_, index) => lapi.pulls[index] === 'full');
    expect(full.length).toBe(4);
    for (const gap of gaps(full)) expect(gap).toBeLessThanOrEqual(600_000);
  });

  it('backs off while LAPI is away, up to five minutes, and starts again with a full pull', async () => {
    const { clock, lapi, stream } = setupStream({ random: () => 1 });
    lapi.faults.push('none', ...Array.from({ length: 12 }, () => 'refused' as const));
    const { stop } = runStream(stream);
    await clock.advance(3_000_000);
    await stop();
    const seen = gaps(lapi.pulledAt);
    expect(seen[0]).toBeCloseTo(11_000);
    expect(seen.slice(1, 10).map(Math.round)).toEqual([
      2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000,
    ]);
    expect(lapi.pulls.slice(1, 15)).toEqual(['delta', ...Array<string>(12).fill('full'), 'delta']);
  });

  it('asks at most once a minute after a 401 or 403', async () => {
    const { clock, lapi, stream } = setupStream({ random: () => 0 });
    lapi.faults.push('denied', 'denied', 'denied');
    const { stop } = runStream(stream);
    await clock.advance(200_000);
    await stop();
    for (const gap of gaps(lapi.pulledAt).slice(0, 3)) expect(gap).toBeGreaterThanOrEqual(60_000);
    expect(stream.status().state).toBe('ok');
  });

  it.each(['refused', 'hang', 'denied'] as const)('lets blocks end in time while every pull is %s', async (fault) => {
    const { clock, lapi, stream } = setupStream({ random: () => 1 });
    for (let seconds = 20; seconds <= 400; seconds += 20) lapi.ban(`203.0.113.${seconds / 20}`, seconds);
    lapi.faults.push('none', ...Array.from({ length: 1000 }, () => fault));
    const { updates, stop } = runStream(stream);
    await clock.advance(11_000);
    for (let elapsed = 11; elapsed < 400; elapsed++) {
      const alive = lapi.active().length;
      // Never early; late by no more than one step of local expiry and the rounding.
      expect(stream.set.size).toBeGreaterThanOrEqual(alive);
      expect(stream.set.size).toBeLessThanOrEqual(alive + 1);
      await clock.advance(1000);
    }
    await stop();
    expect(updates.slice(1).every(({ full, pull }) => !full && pull === 1)).toBe(true);
    expect(updates.slice(1).flatMap(({ touched }) => touched).length).toBeGreaterThanOrEqual(18);
  });

  it('follows a delta of 100 new decisions or more with one full pull within two minutes', async () => {
    for (const [count, expected] of [
      [99, 0],
      [100, 1],
    ] as const) {
      const { clock, lapi, stream } = setupStream();
      const { stop } = runStream(stream);
      await clock.advance(1000);
      for (const value of addresses(count)) lapi.ban(value, 36_000);
      await clock.advance(10_000);
      for (const value of addresses(count)) lapi.ban(value, 36_000);
      await clock.advance(130_000);
      await stop();
      expect(lapi.pulls.filter((pull) => pull === 'full')).toHaveLength(1 + expected);
      if (expected === 1) {
        const large = lapi.pulledAt[1] ?? 0;
        expect((lapi.pulledAt[lapi.pulls.lastIndexOf('full')] ?? 0) - large).toBeLessThanOrEqual(120_000);
      }
    }
  });

  it('asks for a full pull, once in two minutes, when deletions name what it never knew', async () => {
    const { clock, lapi, stream } = setupStream();
    lapi.ban(address, 36_000);
    const { stop } = runStream(stream);
    for (let step = 0; step < 24; step++) {
      await clock.advance(10_000);
      // Made and taken back between two pulls: the stream hears of the deletion alone.
      lapi.unban(lapi.ban(address, 36_000));
    }
    await stop();
    const full = lapi.pulledAt.filter((_, index) => lapi.pulls[index] === 'full');
    expect(full.length).toBeGreaterThanOrEqual(3);
    for (const gap of gaps(full.slice(1))) expect(gap).toBeGreaterThanOrEqual(110_000);
    expect((full[1] ?? 0) - (full[0] ?? 0)).toBeLessThan(60_000);
  });

  it('makes no such fuss about deletions that it has seen to already', async () => {
    const { clock, lapi, stream } = setupStream();
    lapi.ban(address, 36_000);
    for (let seconds = 15; seconds < 300; seconds += 10) lapi.ban(address, seconds);
    const { stop } = runStream(stream);
    await clock.advance(400_000);
    await stop();
    expect(lapi.pulls.filter((pull) => pull === 'full')).toHaveLength(1);
    expect(stream.set.decisions).toBe(1);
  });

  it('remembers those deletions for two deltas and no longer', async () => {
    const signal = new AbortController().signal;
    const { clock, lapi, stream } = setupStream();
    const [gone] = [lapi.ban(address, 36_000), lapi.ban(address, 36_000)];
    await stream.poll(signal);
    for (let delta = 0; delta < 4; delta++) {
      await clock.advance(10_000);
      if (delta === 0 || delta === 3) gone.until = clock.now();
      await stream.poll(signal);
    }
    await clock.advance(10_000);
    await stream.poll(signal);
    expect(lapi.pulls).toEqual(['full', 'delta', 'delta', 'delta', 'delta', 'full']);
  });

  it('tells of a part of the first answer what it adds, and never that it was complete', async () => {
    const { clock, lapi, stream } = setupStream({ random: () => 1 });
    for (const value of addresses(10)) lapi.ban(value, 600);
    lapi.faults.push(...Array.from({ length: 4 }, () => 'cut' as const));
    const { updates, stop } = runStream(stream);
    await clock.advance(29_000);
    expect(updates).toEqual([{ full: false, touched: addresses(5), pull: 0 }]);
    await clock.advance(10_000);
    expect(updates.slice(1)).toMatchObject([{ full: true, pull: 1 }]);
    await stop();
  });

  it('pulls in full soon after a request, but leaves a failing LAPI alone', async () => {
    const { clock, lapi, stream } = setupStream({ updateFrequency: 60, random: () => 1 });
    const { stop } = runStream(stream);
    await clock.advance(10_000);
    stream.requestFull('device came back');
    stream.requestFull('device came back');
    await clock.advance(0);
    expect(lapi.pulls).toEqual(['full', 'full']);
    stream.requestFull('again at once');
    await clock.advance(4000);
    expect(lapi.pulls).toHaveLength(2);
    await clock.advance(1000);
    expect(lapi.pulls).toHaveLength(3);
    lapi.faults.push('denied');
    await clock.advance(66_000);
    expect(lapi.pulls).toHaveLength(4);
    stream.requestFull('device came back');
    await clock.advance(59_000);
    expect(lapi.pulls).toHaveLength(4);
    await stop();
  });

  it('pulls once more when a full pull is requested while one is under way', async () => {
    const space = createProtectedSpace({ allowlist: [], addresses: [], blockPrivateNetworks: false });
    const protectedSpace = () => clock.sleep(1000).then(() => space);
    const { clock, lapi, stream } = setupStream({ protectedSpace });
    const { stop } = runStream(stream);
    await clock.advance(500);
    stream.requestFull('apply failed');
    await clock.advance(8500);
    expect(lapi.pulls).toEqual(['full', 'full']);
    await stop();
  });

  it('ends with the error of whoever it tells', async () => {
    const { clock, lapi, stream } = setupStream();
    const ended = stream.run(new AbortController().signal, () => {
      throw new Error('listener broke');
    });
    await expect(ended).rejects.toThrow('listener broke');
    await clock.advance(100_000);
    expect(lapi.pulls).toHaveLength(1);
  });
});
