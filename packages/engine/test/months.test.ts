import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ManualClock } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { follow } from './controller-setup.ts';
import { ModelDevice, ModelTarget } from './model-device.ts';
import { ModelLapi } from './model-lapi.ts';

const HOUR = 3_600_000;
/** Each third of the run. */
const DAYS = Number(process.env['FUZZ_SCALE'] ?? 1);
/** What the heap may have grown by in the last third, for each of its pulls: an object that is kept takes more. Bytes. */
const PER_PULL = 48;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('days on end, of which the process sees only its own clock', () => {
  it('keeps nothing of what is over, and is right after every sleep, every clock that is set and every fault', async () => {
    // LAPI lives on while the connector's machine sleeps.
    const [clock, outside] = [new ManualClock(), new ManualClock()];
    const lapi = new ModelLapi(outside);
    const devices = [new ModelDevice(clock, () => undefined), new ModelDevice(clock, () => undefined)];
    const [first, second] = devices;
    if (!first || !second) throw new Error('no devices');
    second.limit = 20;
    const targets = devices.map((device) => ({ target: new ModelTarget(device) }));
    const { stream, controller } = follow(lapi, clock, targets);
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    const pass = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 10_000) {
        await outside.advance(10_000);
        await clock.advance(10_000);
        for (const device of devices) device.lapse();
      }
    };
    let bans = 0;
    const hour = async (index: number): Promise<void> => {
      for (let count = 0; count < 5; count += 1) {
        bans += 1;
        lapi.ban(`45.${(bans >> 14) & 127}.${(bans >> 7) & 127}.${bans & 127}`, 1800 + ((bans * 977) % 20_000), 'CAPI');
      }
      if (index % 3 === 0) lapi.unban(index);
      if (index % 5 === 0) lapi.faults.push('lost', 'refused');
      if (index % 7 === 0) first.cutAfter = 2;
      if (index % 11 === 0) second.awayUntil = clock.now() + 600_000;
      // Summer time on a machine whose clock is local time, and back; then a correction by NTP.
      if (index % 24 === 2) clock.setWall(index % 48 === 2 ? HOUR : -HOUR);
      if (index % 24 === 9) clock.setWall(-900);
      if (index % 24 === 20) {
        await outside.advance(6 * HOUR);
        clock.setWall(6 * HOUR);
      }
      await pass(HOUR);
    };
    const sizes: { readonly heap: number; readonly sleeping: number }[] = [];
    let hours = 0;
    for (let third = 0; third < 3; third += 1) {
      for (const end = hours + DAYS * 24; hours < end; hours += 1) await hour(hours);
      lapi.faults.length = 0;
      await pass(1_800_000);
      const blocked = lapi.blocked();
      // A range or an end rounded up apart, it holds those and no others.
      expect([...blocked].filter((address) => !first.rows.has(address as never))).toEqual([]);
      expect([...stream.set.networks()].filter((network) => !blocked.has(network)).length).toBeLessThanOrEqual(2);
      expect(second.rows.size).toBeLessThanOrEqual(20);
      collect();
      sizes.push({ heap: process.memoryUsage().heapUsed, sleeping: clock.sleeping });
    }
    const [, before, after] = sizes;
    if (!before || !after) throw new Error('no sizes');
    expect(after.sleeping).toBe(before.sleeping);
    expect(after.heap - before.heap).toBeLessThan(DAYS * 8640 * PER_PULL);
    stop.abort(new Error('over'));
    await running;
  });
});
