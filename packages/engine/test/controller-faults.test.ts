import { TransientError } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { setUp } from './controller-setup.ts';

const calm = new AbortController().signal;

describe('run, when LAPI or devices fail', () => {
  it('holds removals after a start, when only the device knows what was blocked', async () => {
    const { controller, lapi, device, clock } = setUp(1);
    const stop = new AbortController();
    for (const address of lapi.blocked()) device.rows.set(address as Network, clock.now() / 1000 + 36_000);
    device.rows.delete('203.0.113.0' as Network);
    lapi.cutFullAt = 1;
    const running = controller.run(stop.signal);
    await clock.advance(1000);
    // What LAPI does name is blocked meanwhile.
    expect(device.rows.size).toBe(200);
    const [target] = controller.status().targets;
    expect(target).toMatchObject({ guard: { removals: 199, until: clock.wall() + 599_000 }, guardHolds: 1 });
    // It holds what LAPI no longer names: that is not the desired set.
    expect(controller.status().ready).toBe(false);
    await clock.advance(1_800_000);
    expect(device.rows.size).toBe(200);
    expect(lapi.fullPulls).toBeGreaterThanOrEqual(29);
    lapi.cutFullAt = Infinity;
    await clock.advance(90_000);
    expect(device.rows.size).toBe(200);
    expect(controller.status().targets[0]?.guard).toBeUndefined();
    expect(controller.status().ready).toBe(true);
    stop.abort(new Error('stopped'));
    await running;
  });

  it('removes after a start what LAPI has not named for MAX_REMOVAL_HOLD, and asks the other road once for all', async () => {
    const { controller, lapi, devices, clock } = setUp(3);
    const stop = new AbortController();
    for (const device of devices) {
      for (let index = 0; index < 150; index += 1)
        device.rows.set(`198.51.100.${index}` as Network, clock.now() / 1000 + 36_000);
      for (let index = 0; index < 250; index += 1)
        device.rows.set(`192.0.2.${index}` as Network, clock.now() / 1000 + 36_000);
    }
    const running = controller.run(stop.signal);
    await clock.advance(595_000);
    expect(devices.map(({ rows }) => rows.size)).toEqual([600, 600, 600]);
    expect(lapi.lists).toBe(0);
    await clock.advance(30_000);
    expect(devices.map(({ rows }) => rows.size)).toEqual([200, 200, 200]);
    expect([lapi.lists, controller.status().ready]).toEqual([1, true]);
    stop.abort(new Error('stopped'));
    await running;
  });

  it('holds in the stream what LAPI stops to name, for all devices, and through a restart in the middle of it', async () => {
    const { lapi, devices, clock, more } = setUp(2);
    for (let start = 0; start < 2; start += 1) {
      const stop = new AbortController();
      const controller = more();
      const running = controller.run(stop.signal);
      await clock.advance(1000);
      lapi.cutFullAt = 0;
      lapi.faults.push('lost');
      await clock.advance(1_200_000);
      expect(devices.map(({ rows }) => rows.size)).toEqual([200, 200]);
      expect(controller.status().ready).toBe(false);
      stop.abort(new Error('stopped'));
      await running;
    }
    lapi.cutFullAt = Infinity;
    expect(await more().sync(calm)).toMatchObject([{ ok: true }, { ok: true }]);
    expect(devices.map(({ rows }) => rows.size)).toEqual([200, 200]);
  });

  it('adds to the devices what it can read after a start, removes nothing, and is not ready', async () => {
    const { controller, lapi, device, clock } = setUp(1);
    const stop = new AbortController();
    device.rows.set('192.0.2.77' as Network, clock.now() / 1000 + 36_000);
    lapi.oddEvery = 40;
    const running = controller.run(stop.signal);
    await clock.advance(300_000);
    expect(device.rows.size).toBe(196);
    expect(controller.status()).toMatchObject({ ready: false, stream: { lastError: { kind: 'malformed' } } });
    lapi.oddEvery = 0;
    await clock.advance(90_000);
    expect([device.rows.size, controller.status().ready]).toEqual([200, true]);
    stop.abort(new Error('stopped'));
    await running;
  });

  it.each([
    [2, 1],
    [26, 25],
  ])('costs LAPI nothing for devices that are away: of %i, %i', async (all, away) => {
    const { controller, lapi, devices, clock } = setUp(all, { resyncInterval: 3600 });
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    await clock.advance(20_000);
    for (const device of devices.slice(0, away)) device.awayUntil = Infinity;
    await clock.advance(1_600_000);
    expect(lapi.fullPulls).toBe(1);
    lapi.ban('198.51.100.7', 3600, 'cscli');
    await clock.advance(12_000);
    // Back, and emptied: brought in step from what is known.
    for (const device of devices.slice(0, away)) {
      device.awayUntil = 0;
      device.rows.clear();
    }
    await clock.advance(60_000);
    expect(devices.map(({ rows }) => rows.size)).toEqual(devices.map(() => 201));
    expect(lapi.fullPulls).toBe(1);
    stop.abort(new Error('stopped'));
    await running;
  });

  it('asks for one full pull after an apply that failed in the middle, however often it fails', async () => {
    const { controller, lapi, device, clock } = setUp(1);
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    await clock.advance(20_000);
    lapi.ban('198.51.100.7', 3600, 'cscli');
    const write = device.write.bind(device);
    device.write = () => {
      throw new TransientError('no space left');
    };
    await clock.advance(300_000);
    expect(controller.status().targets[0]?.failures).toBeGreaterThan(5);
    expect(lapi.fullPulls).toBe(2);
    device.write = write;
    await clock.advance(60_000);
    expect([device.rows.size, lapi.fullPulls, controller.status().ready]).toEqual([201, 2, true]);
    stop.abort(new Error('stopped'));
    await running;
  });
});
