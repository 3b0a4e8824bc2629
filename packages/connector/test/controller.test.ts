import { AuthError, DecisionStream, ManualClock, createProtectedSpace, parseNetwork } from '@bouncer/stream';
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
  const stream = new DecisionStream({
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
  const controller = new Controller({
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
  });
  return { clock, lapi, controller, devices: models, device: models[0] ?? new ModelDevice(clock, () => undefined) };
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

  it('removes most of a list only when a second pull says the same', async () => {
    const { controller, lapi, device, clock } = setUp(1);
    await controller.sync(calm);
    lapi.cutFullAt = 20;
    const late = controller.sync(calm);
    await clock.advance(1000);
    expect(device.rows.size).toBe(200);
    // The second pull is whole again: nothing was lost.
    lapi.cutFullAt = Infinity;
    await clock.advance(5000);
    expect(await late).toMatchObject([{ ok: true }]);
    expect(device.rows.size).toBe(200);

    lapi.cutFullAt = 20;
    const agreed = controller.sync(calm);
    await clock.advance(5000);
    expect(await agreed).toMatchObject([{ ok: true }]);
    expect(device.rows.size).toBe(20);
  });
});

describe('run', () => {
  it('holds removals until a second full pull agrees, and blocks new ones meanwhile', async () => {
    const { controller, lapi, device, clock } = setUp(1);
    const stop = new AbortController();
    for (const address of lapi.blocked()) device.rows.set(address as Network, clock.now() / 1000 + 36_000);
    device.rows.delete('203.0.113.0' as Network);
    lapi.cutFullAt = 1;
    const running = controller.run(stop.signal);
    await clock.advance(1000);
    expect(device.rows.size).toBe(200);
    expect(controller.status().targets[0]).toMatchObject({ guard: { removals: 199 }, guardHolds: 1 });
    // It holds what LAPI no longer names: that is not the desired set.
    expect(controller.status().ready).toBe(false);
    lapi.cutFullAt = Infinity;
    await clock.advance(30_000);
    expect(device.rows.size).toBe(200);
    expect(controller.status().targets[0]?.guard).toBeUndefined();
    expect(controller.status().ready).toBe(true);
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
