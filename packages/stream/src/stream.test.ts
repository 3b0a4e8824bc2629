import { describe, expect, it } from 'vitest';
import type { Fault } from '../test/model-lapi.ts';
import { setupStream } from '../test/stream-setup.ts';
import { parseNetwork } from './net/parse-network.ts';
import { createProtectedSpace } from './net/protected-space.ts';
import type { DecisionStream } from './stream.ts';

const signal = new AbortController().signal;
const address = '203.0.113.7';

const held = (stream: DecisionStream) => [...stream.set.entries()].map(({ network }) => network as string);
const addresses = (count: number) => Array.from({ length: count }, (_, index) => `198.51.100.${index}`);

describe('decision stream, pull by pull', () => {
  it('begins with a full pull and goes on with deltas', async () => {
    const { clock, lapi, stream } = setupStream();
    lapi.ban(address, 3600);
    expect(await stream.poll(signal)).toEqual({ full: true, touched: new Set([address]), pull: 1 });
    await clock.advance(1);
    lapi.ban('203.0.113.8', 3600);
    await clock.advance(10_000);
    expect(await stream.poll(signal)).toEqual({ full: false, touched: new Set(['203.0.113.8']), pull: 2 });
    expect(await stream.poll(signal)).toEqual({ full: false, touched: new Set(), pull: 3 });
    expect(lapi.pulls).toEqual(['full', 'delta', 'delta']);
  });

  it.each<Fault>(['refused', 'lost', 'cut', 'denied'])(
    'makes the next pull a full one after one that was %s',
    async (fault) => {
      const { clock, lapi, stream } = setupStream();
      await stream.poll(signal);
      await clock.advance(1);
      lapi.ban(address, 3600);
      await clock.advance(1);
      lapi.faults.push(fault, fault);
      await expect(stream.poll(signal)).rejects.toThrow();
      await expect(stream.poll(signal)).rejects.toThrow();
      await stream.poll(signal);
      await stream.poll(signal);
      expect(lapi.pulls).toEqual(['full', 'delta', 'full', 'full', 'delta']);
      expect(held(stream)).toEqual([address]);
    },
  );

  it('removes nothing when a full pull fails half-way, and keeps what came', async () => {
    const { lapi, stream } = setupStream();
    const rows = addresses(4).map((value) => lapi.ban(value, 3600));
    await stream.poll(signal);
    for (const row of rows) lapi.unban(row);
    for (const value of ['203.0.113.1', '203.0.113.2']) lapi.ban(value, 3600);
    stream.requestFull('test');
    lapi.faults.push('cut');
    await expect(stream.poll(signal)).rejects.toThrow('cut off');
    expect(held(stream)).toEqual([...addresses(4), '203.0.113.1']);
    await stream.poll(signal);
    expect(held(stream)).toEqual(['203.0.113.1', '203.0.113.2']);
  });

  it('counts deletions first and additions after: what is in both is banned', async () => {
    const { clock, lapi, stream } = setupStream();
    const row = lapi.ban(address, 3600);
    await stream.poll(signal);
    await clock.advance(1);
    lapi.unban(row);
    lapi.ban(address, 60);
    await clock.advance(1);
    await stream.poll(signal);
    expect(held(stream)).toEqual([address]);
    expect(stream.set.decisions).toBe(1);
  });

  it('drops what has come to its end with a pull and without', async () => {
    const { clock, lapi, stream } = setupStream();
    lapi.ban(address, 5);
    lapi.ban('203.0.113.8', 20);
    await stream.poll(signal);
    await clock.advance(8000);
    lapi.faults.push('refused');
    await expect(stream.poll(signal)).rejects.toThrow();
    expect(stream.expire()).toEqual({ full: false, touched: new Set([address]), pull: 1 });
    await clock.advance(15_000);
    expect((await stream.poll(signal)).touched).toEqual(new Set(['203.0.113.8']));
    expect(held(stream)).toEqual([]);
  });

  it('is not put out of step by an abort: that is no failure, but LAPI may have counted it', async () => {
    const { clock, lapi, stream } = setupStream();
    await stream.poll(signal);
    const controller = new AbortController();
    lapi.faults.push('hang');
    const pull = stream.poll(controller.signal);
    await clock.advance(0);
    controller.abort(new Error('stopping'));
    await expect(pull).rejects.toThrow('stopping');
    expect(stream.status()).toMatchObject({ state: 'ok', failures: {} });
    await stream.poll(signal);
    expect(lapi.pulls).toEqual(['full', 'delta', 'full']);
  });

  it('has one request under way at a time', async () => {
    const { lapi, stream } = setupStream();
    lapi.faults.push('none', 'refused');
    await Promise.allSettled([stream.poll(signal), stream.poll(signal), stream.poll(signal)]);
    expect([lapi.pulls.length, lapi.mostRunning]).toEqual([3, 1]);
  });

  it('asks for the protected addresses before every full pull', async () => {
    let allowed = ['203.0.113.1'];
    const protectedSpace = () => {
      if (allowed.length === 0) return Promise.reject(new Error('no such host'));
      const allowlist = allowed.map((text) => parseNetwork(text)!);
      return Promise.resolve(createProtectedSpace({ allowlist, addresses: [], blockPrivateNetworks: false }));
    };
    const { lapi, stream } = setupStream({ protectedSpace });
    lapi.ban('203.0.113.0/30', 3600);
    await stream.poll(signal);
    expect(held(stream)).toEqual(['203.0.113.0', '203.0.113.2/31']);
    allowed = ['203.0.113.3'];
    stream.requestFull('test');
    await stream.poll(signal);
    expect(held(stream).sort()).toEqual(['203.0.113.0/31', '203.0.113.2']);
    // Names that do not resolve now: the addresses of before still count.
    allowed = [];
    stream.requestFull('test');
    await stream.poll(signal);
    expect(held(stream).sort()).toEqual(['203.0.113.0/31', '203.0.113.2']);
    expect(stream.status().fullPulls).toBe(3);
  });

  it('pulls nothing before it knows what must never be blocked', async () => {
    const { lapi, stream } = setupStream({ protectedSpace: () => Promise.reject(new Error('no such host')) });
    await expect(stream.poll(signal)).rejects.toThrow('no such host');
    expect(lapi.pulls).toEqual([]);
    expect(stream.status()).toMatchObject({ state: 'failing', failures: { other: 1 } });
  });

  it('tells its state', async () => {
    const { clock, lapi, stream } = setupStream();
    expect(stream.status()).toEqual({
      state: 'starting',
      pulls: 0,
      fullPulls: 0,
      failures: {},
      decisions: 0,
      skipped: {},
      seen: { decisions: 0, passed: 0, origins: {}, types: {} },
      guardHolds: 0,
    });
    lapi.ban(address, 3600);
    lapi.ban('127.0.0.1', 3600);
    await stream.poll(signal);
    const first = clock.wall();
    expect(stream.status()).toEqual({
      ...{ state: 'ok', pulls: 1, fullPulls: 1, failures: {}, decisions: 1, skipped: { 'protected: loopback': 1 } },
      ...{ lastPullAt: first, lastFullAt: first, nextPullAt: first + 10_000, guardHolds: 0 },
      seen: { decisions: 2, passed: 2, origins: { cscli: 2 }, types: { ban: 2 } },
    });
    await clock.advance(10_000);
    lapi.faults.push('refused', 'denied');
    await expect(stream.poll(signal)).rejects.toThrow();
    expect(stream.status()).toMatchObject({
      ...{ state: 'failing', failures: { refused: 1 }, lastPullAt: first },
      lastError: { message: 'refused', hint: 'wait', at: first + 10_000 },
    });
    await expect(stream.poll(signal)).rejects.toThrow();
    expect(stream.status()).toMatchObject({ failures: { refused: 1, auth: 1 }, nextPullAt: clock.wall() + 63_000 });
    // The second was a full one: what was left out, and why, stands until LAPI says something else.
    expect(stream.status()).toMatchObject({ skipped: { 'protected: loopback': 1 }, seen: { decisions: 2 } });
    expect(stream.skippedValues()).toEqual([{ value: '127.0.0.1', reason: 'protected: loopback' }]);
    await stream.poll(signal);
    expect(stream.status()).toMatchObject({ state: 'ok', pulls: 2, fullPulls: 2 });
    expect(stream.status().lastError).toBeUndefined();
  });

  it('tells how old its last pull is, whatever the wall clock is set to', async () => {
    const { clock, lapi, stream } = setupStream();
    await stream.poll(signal);
    lapi.faults.push('refused');
    await expect(stream.poll(signal)).rejects.toThrow();
    await clock.advance(10_000);
    for (const by of [7_200_000, -14_400_000]) {
      clock.setWall(by);
      const { lastPullAt, lastFullAt, lastError } = stream.status();
      const moment = clock.wall() - 10_000;
      expect([lastPullAt, lastFullAt, lastError?.at]).toEqual([moment, moment, moment]);
    }
  });

  it('looks without touching LAPI’s last_pull when asked for a preview', async () => {
    const { lapi, stream } = setupStream();
    lapi.ban(address, 3600);
    expect((await stream.preview(signal)).touched).toEqual(new Set([address]));
    expect(lapi.pulls).toEqual([]);
    await stream.poll(signal);
    expect(lapi.pulls).toEqual(['full']);
  });
});
