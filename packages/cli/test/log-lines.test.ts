import { DecisionStream, ManualClock, createProtectedSpace } from '@bouncer/stream';
import { expect, it } from 'vitest';
import { createLogger } from '../src/log/log.ts';
import { ModelDevice, ModelLapi, ModelTarget } from '@bouncer/engine/testing';
import { Controller } from '@bouncer/engine';
import { Redactor } from '../src/settings/redactor.ts';

/** One line of the log, as far as the tests look. */
interface Line {
  readonly level: string;
  readonly msg: string;
  readonly written?: number;
  readonly of?: number;
  readonly blocked?: readonly string[];
  readonly unblocked?: readonly string[];
}

/** Takes so long for three entries. */
class SlowTarget extends ModelTarget {
  readonly #clock: ManualClock;
  readonly #seconds: number;

  constructor(device: ModelDevice, clock: ManualClock, seconds: number) {
    super(device);
    this.#clock = clock;
    this.#seconds = seconds;
  }

  override async apply(...args: Parameters<ModelTarget['apply']>): Promise<void> {
    await this.#clock.sleep(this.#seconds * 1000);
    await super.apply(...args);
  }
}

/** A connector in the small whose log is read; `lines` empties itself. */
function setUp(secondsPerWrite = 0) {
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
  const targets = [
    { target: secondsPerWrite > 0 ? new SlowTarget(device, clock, secondsPerWrite) : new ModelTarget(device) },
  ];
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
  const entries = (): Line[] => written.splice(0).map((line) => JSON.parse(line) as Line);
  const lines = (): string[] => entries().map(({ level, msg }) => `${level} ${msg}`);
  return { clock, lapi, device, entries, lines, end: () => (stop.abort(new Error('stopped')), running) };
}

/** The last line of what was written. */
function written(lines: readonly Line[]): Line | undefined {
  return lines.findLast(({ msg }) => msg === 'written to the device');
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

it('names up to ten networks of a change, what was detected here first, with their scenarios', async () => {
  const { clock, lapi, entries, end } = setUp();
  await clock.advance(1000);
  expect(written(entries())?.blocked).toHaveLength(10);
  lapi.ban('198.51.100.7', 3600, 'cscli');
  for (let index = 0; index < 12; index += 1) lapi.ban(`192.0.2.${index}`, 3600, 'CAPI');
  lapi.ban('198.51.100.8', 3600, 'crowdsec');
  await clock.advance(12_000);
  const blocked = written(entries())?.blocked;
  expect(blocked).toHaveLength(10);
  expect(blocked?.[0]).toMatch(/^198\.51\.100\.8 \S/);
  lapi.unban(213);
  await clock.advance(12_000);
  expect(written(entries())).toMatchObject({ unblocked: ['198.51.100.8'] });
  await end();
});

it('says every ten seconds how far a long first load is', async () => {
  const { clock, entries, end } = setUp(0.6);
  await clock.advance(25_000);
  const progress = entries().filter(({ msg }) => msg === 'writing to the device');
  expect(progress.map(({ of }) => of)).toEqual([200, 200]);
  expect(progress[1]?.written).toBeGreaterThan(progress[0]?.written ?? 0);
  const ended = end();
  await clock.advance(60_000);
  await ended;
});
