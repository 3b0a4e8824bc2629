import { AuthError, parseNetwork } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { MemoryTarget, silentLogger } from '@bouncer/target';
import { setUp } from './controller-setup.ts';

const calm = new AbortController().signal;

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
    const { controller, clock } = setUp(0, { targets: [{ target }] });
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

  it('tells a dry run once, and again only when it would write something else', async () => {
    const lines: object[] = [];
    const log = { ...silentLogger, info: (fields: object, message: string) => lines.push({ ...fields, message }) };
    const { controller, lapi, clock } = setUp(1, { dryRun: true, log });
    const told = () => lines.filter((line) => JSON.stringify(line).includes('dry run'));
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    for (let minute = 0; minute < 14; minute += 1) await clock.advance(60_000);
    expect(told()).toMatchObject([{ create: 200, delete: 0 }]);
    lapi.ban('198.51.100.7', 36_000, 'crowdsec');
    await clock.advance(60_000);
    expect(told()).toMatchObject([{ create: 200 }, { create: 201 }]);
    expect(controller.status().targets).toMatchObject([{ state: 'dry-run', held: 0, desired: 201 }]);
    stop.abort(new Error('stopped'));
    await running;
  });

  it('counts as held what the device has not dropped yet, also while it is away', async () => {
    const { controller, device, lapi, clock } = setUp(1);
    lapi.ban('198.51.100.7', 60, 'crowdsec');
    lapi.ban('198.51.100.8', 600, 'crowdsec');
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    const held = (): number | undefined => controller.status().targets[0]?.held;
    await clock.advance(20_000);
    expect([held(), device.rows.size]).toEqual([202, 202]);
    // One end passes while the device is in step, the other while nobody can ask it.
    await clock.advance(50_000);
    expect(held()).toBe(201);
    device.awayUntil = Infinity;
    await clock.advance(600_000);
    expect(controller.status().targets[0]?.state).toBe('away');
    expect(held()).toBe(200);
    stop.abort(new Error('stopped'));
    await running;
  });

  it('says why an address is not held', async () => {
    const { controller, clock } = setUp(1, { maxEntries: 50 });
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    await clock.advance(1000);
    const answers = Array.from({ length: 200 }, (_, index) => controller.holders(`203.0.113.${index}` as Network)[0]);
    expect(answers.filter((answer) => answer?.holds)).toHaveLength(50);
    expect(answers.filter((answer) => answer?.reason === 'over MAX_ENTRIES')).toHaveLength(150);
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
