import {
  AuthError,
  DecisionStream,
  ManualClock,
  TransientError,
  createProtectedSpace,
  parseNetwork,
} from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../src/observe/log.ts';
import { Controller } from '../src/reconcile/controller.ts';
import type { ControllerOptions } from '../src/reconcile/controller.ts';
import { MemoryTarget } from '../src/target/memory-target.ts';
import { ModelDevice, ModelTarget } from './model-device.ts';
import { ModelLapi } from './model-lapi.ts';

const calm = new AbortController().signal;

/** A model LAPI with 200 bans, devices, and a controller between them. */
function setUp(devices: number, more: Partial<ControllerOptions> = {}) {
  const clock = new ManualClock();
  const lapi = new ModelLapi(clock);
  for (let index = 0; index < 200; index += 1) lapi.ban(`203.0.113.${index}`, 36_000, 'CAPI');
  const models = Array.from({ length: devices }, () => new ModelDevice(clock, () => undefined));
  const start = (change: Partial<ControllerOptions> = {}) => {
    const stream = new DecisionStream({
      maxRemovalPercent: change.maxRemovalPercent ?? 50,
      client: lapi,
      clock,
      filter: { types: new Set(['ban']) },
      protectedSpace: () =>
        Promise.resolve(createProtectedSpace({ allowlist: [], addresses: [], blockPrivateNetworks: false })),
      updateFrequency: 10,
      resyncInterval: 3600,
      random: () => 0.5,
      log: silentLogger,
    });
    return new Controller({
      stream,
      targets: models.map((model) => new ModelTarget(model)),
      clock,
      log: silentLogger,
      maxRemovalPercent: 50,
      removalHold: 600,
      dryRun: false,
      resyncInterval: 3600,
      updateFrequency: 10,
      random: () => 0.5,
      ...more,
      ...change,
    });
  };
  /** Another process of the same connector. */
  return {
    clock,
    lapi,
    controller: start(),
    more: start,
    devices: models,
    device: models[0] ?? new ModelDevice(clock, () => undefined),
  };
}

describe('sync', () => {
  it('brings every device in step, and writes nothing the second time', async () => {
    const { controller, devices } = setUp(2);
    expect(await controller.sync(calm)).toMatchObject([{ ok: true }, { ok: true }]);
    expect(devices.map((each) => each.rows.size)).toEqual([200, 200]);
    const writes = devices.map((each) => each.writes);
    await controller.sync(calm);
    expect(devices.map((each) => each.writes)).toEqual(writes);
  });

  it('tells which device failed, and still serves the others', async () => {
    const { controller, devices, clock } = setUp(2);
    if (devices[0]) devices[0].awayUntil = clock.now() + 60_000;
    expect(await controller.sync(calm)).toMatchObject([{ ok: false }, { ok: true }]);
    expect(devices[1]?.rows.size).toBe(200);
  });

  it('holds what would remove most of a list, says how to accept it, and carries it out when told to', async () => {
    const { lapi, device, more } = setUp(1);
    await more().sync(calm);
    lapi.cutFullAt = 20;
    lapi.listAgrees = true;
    lapi.ban('198.51.100.7', 3600, 'cscli');
    lapi.unban(0);
    const held = await more().sync(calm);
    expect(held).toMatchObject([{ ok: false, held: 180 }]);
    expect(held[0]?.error).toMatchObject({ hint: expect.stringContaining('sync --accept-removals') as string });
    expect(device.rows.size).toBe(200);
    expect(await more({ maxRemovalPercent: 100 }).sync(calm)).toMatchObject([{ ok: true }]);
    expect(device.rows.size).toBe(20);
  });

  it('blocks what it could read of an answer with odd elements, removes nothing, and fails', async () => {
    const { lapi, device, clock, more } = setUp(1);
    device.rows.set('192.0.2.77' as Network, clock.now() / 1000 + 36_000);
    lapi.oddEvery = 2;
    await expect(more().sync(calm)).rejects.toThrow("100 of 200 elements of LAPI's answer are no decisions");
    expect(device.rows.size).toBe(101);
  });
});

describe('run', () => {
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

  it('never goes over MAX_ENTRIES, not even while removals are held', async () => {
    const { controller, device, lapi, clock } = setUp(1, { maxEntries: 200 });
    const stop = new AbortController();
    for (let index = 0; index < 200; index += 1)
      device.rows.set(`198.51.100.${index}` as Network, clock.now() / 1000 + 36_000);
    const running = controller.run(stop.signal);
    let most = 0;
    for (let second = 0; second < 30; second += 1) {
      await clock.advance(1000);
      most = Math.max(most, device.rows.size);
    }
    // What LAPI names takes the place of what it does not name.
    expect([most, [...device.rows.keys()].sort()]).toEqual([200, [...lapi.blocked()].sort()]);
    expect(controller.status().targets[0]?.guardHolds).toBe(1);
    stop.abort(new Error('stopped'));
    await running;
  });

  it('lets one device be away without holding up the other', async () => {
    const { controller, devices, lapi, clock } = setUp(2);
    const stop = new AbortController();
    if (devices[0]) devices[0].awayUntil = clock.now() + 100_000;
    const running = controller.run(stop.signal);
    await clock.advance(1000);
    lapi.ban('198.51.100.7', 3600, 'cscli');
    await clock.advance(12_000);
    expect(devices[1]?.rows.size).toBe(201);
    expect(controller.status()).toMatchObject({ ready: false, targets: [{ state: 'away' }, { state: 'in-step' }] });
    await clock.advance(140_000);
    expect(devices[0]?.rows.size).toBe(201);
    expect(controller.status().ready).toBe(true);
    stop.abort(new Error('stopped'));
    await running;
  });

  it('notices within a minute that entries were taken away or swapped by hand', async () => {
    const { controller, device, clock } = setUp(1);
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    await clock.advance(1000);
    const [first] = device.rows.keys();
    if (first !== undefined) device.rows.delete(first);
    await clock.advance(60_000);
    expect(device.rows.size).toBe(200);
    const foreign = parseNetwork('192.0.2.77');
    if (first !== undefined) device.rows.delete(first);
    if (foreign !== undefined) device.rows.set(foreign, Number.MAX_SAFE_INTEGER);
    await clock.advance(60_000);
    expect(first !== undefined && device.rows.has(first)).toBe(true);
    stop.abort(new Error('stopped'));
    await running;
  });

  it.each([
    [undefined, 61],
    [900, 901],
  ])('leaves a device that refuses us alone for as long as it asks (%s s)', async (retryAfter, seconds) => {
    let tries = 0;
    const target = new MemoryTarget();
    target.open = () => {
      tries += 1;
      return Promise.reject(new AuthError('refused', { retryAfter }));
    };
    const { controller, clock } = setUp(0, { targets: [target] });
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    await clock.advance((seconds - 2) * 1000);
    expect(tries).toBe(1);
    await clock.advance(2000);
    expect(tries).toBe(2);
    stop.abort();
    await running;
  });

  it('writes nothing in a dry run', async () => {
    const { controller, device, clock } = setUp(1, { dryRun: true });
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    await clock.advance(60_000);
    expect({ writes: device.writes, ready: controller.status().ready }).toEqual({ writes: 0, ready: false });
    stop.abort(new Error('stopped'));
    await running;
  });

  it('keeps the cap', async () => {
    const { controller, device, lapi, clock } = setUp(1, { maxEntries: 50 });
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    await clock.advance(1000);
    lapi.ban('198.51.100.7', 60, 'crowdsec');
    await clock.advance(12_000);
    expect(device.rows.size).toBe(50);
    expect([...device.rows.keys()]).toContain('198.51.100.7');
    stop.abort(new Error('stopped'));
    await running;
  });
  it('honours a limit that a device tells only once it is connected', async () => {
    const { controller, device, clock } = setUp(1);
    device.limit = 30;
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    await clock.advance(1000);
    expect(device.rows.size).toBe(30);
    stop.abort(new Error('stopped'));
    await running;
  });
});

describe('plan', () => {
  it('tells what sync would do, and does nothing', async () => {
    const { controller, device } = setUp(1);
    expect(await controller.plan(calm)).toMatchObject([{ create: 200, update: 0, delete: 0, unchanged: 0 }]);
    expect(device.writes).toBe(0);
  });
});

describe('purge', () => {
  it('removes what is ours', async () => {
    const { controller, device } = setUp(1);
    await controller.sync(calm);
    expect(await controller.purge(calm)).toMatchObject([{ ok: true, removed: 200 }]);
    expect(device.rows.size).toBe(0);
  });
});
