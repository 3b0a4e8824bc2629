import { DecisionStream, ManualClock, createProtectedSpace } from '@bouncer/stream';
import { expect, it } from 'vitest';
import { createLogger } from '../src/log/log.ts';
import { ModelDevice, ModelLapi, ModelTarget } from '@bouncer/engine/testing';
import { Controller } from '@bouncer/engine';
import { Redactor } from '../src/settings/redactor.ts';

/** A connector in the small whose log is read; `lines` empties itself. */
function setUp() {
  const clock = new ManualClock();
  const written: string[] = [];
  const sink = { write: (text: string) => written.push(text) };
  const log = createLogger({ level: 'info', sink, redactor: new Redactor(), clock });
  const lapi = new ModelLapi(clock);
  for (let index = 0; index < 200; index += 1) lapi.ban(`203.0.113.${index}`, 36_000, 'CAPI');
  const device = new ModelDevice(clock, () => undefined);
  const shared = { clock, log, updateFrequency: 10, resyncInterval: 600, random: () => 0.5 };
  const stream = new DecisionStream({
    ...shared,
    client: lapi,
    filter: { types: new Set(['ban']) },
    protectedSpace: () =>
      Promise.resolve(createProtectedSpace({ allowlist: [], addresses: [], blockPrivateNetworks: false })),
  });
  const targets = [{ target: new ModelTarget(device) }];
  const controller = new Controller({
    ...shared,
    stream,
    targets,
    maxRemovalPercent: 50,
    removalHold: 600,
    dryRun: false,
  });
  const stop = new AbortController();
  const running = controller.run(stop.signal);
  const lines = (): string[] =>
    written.splice(0).map((line) => {
      const { level, msg } = JSON.parse(line) as { level: string; msg: string };
      return `${level} ${msg}`;
    });
  return { clock, lapi, device, lines, end: () => (stop.abort(new Error('stopped')), running) };
}

it('the log has one line for each change of state, and none while nothing changes', async () => {
  const { clock, lapi, device, lines, end } = setUp();
  await clock.advance(1000);
  expect(lines()).toEqual(['info full pull complete', 'info written to the device', 'info the device is in step']);
  await clock.advance(60_000);
  expect(lines()).toEqual([]);
  lapi.ban('198.51.100.7', 3600, 'cscli');
  await clock.advance(12_000);
  expect(lines()).toEqual(['info decisions changed', 'info written to the device']);
  // A resync that finds everything as it was says nothing.
  await clock.advance(600_000);
  expect(lines()).toEqual([]);
  device.awayUntil = clock.now() + 100_000;
  await clock.advance(200_000);
  expect(lines()).toEqual(['warn the device is away; trying again', 'info the device is in step']);
  await end();
});

it('a failure of LAPI is told once, its end is told, and the next one is news', async () => {
  const { clock, lapi, lines, end } = setUp();
  await clock.advance(1000);
  lines();
  for (let time = 1; time <= 2; time += 1) {
    lapi.faults.push('refused', 'refused', 'refused');
    await clock.advance(120_000);
    expect(lines()).toEqual(['warn pull failed', 'info LAPI answers again']);
  }
  await end();
});

it('removals that are held are told once, and that LAPI names the entries again', async () => {
  const { clock, lapi, lines, end } = setUp();
  await clock.advance(1000);
  lines();
  lapi.cutFullAt = 20;
  await clock.advance(900_000);
  lapi.cutFullAt = Infinity;
  await clock.advance(120_000);
  const told = lines().filter((line) => line.includes('removals are'));
  expect(told).toEqual([
    'warn removals are held: LAPI leaves out more than MAX_REMOVAL_PERCENT at once; what is blocked stays blocked',
    'info removals are no longer held: LAPI names them again',
  ]);
  await end();
});
