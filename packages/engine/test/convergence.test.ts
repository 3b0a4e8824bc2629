import { MAX_BACKOFF_MS } from '../src/schedule.ts';
import { ManualClock } from '@bouncer/stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { follow } from './controller-setup.ts';
import { ModelDevice, ModelTarget } from './model-device.ts';
import { ModelLapi } from './model-lapi.ts';
import type { PullFault } from './model-lapi.ts';

/** A connector between a model LAPI and a model device, on a clock that stands still until it is moved. */
class World {
  readonly clock = new ManualClock();
  readonly lapi = new ModelLapi(this.clock);
  readonly gaps: string[] = [];
  readonly device: ModelDevice;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  readonly #resyncInterval: number;

  constructor(resyncInterval = 3600) {
    this.#resyncInterval = resyncInterval;
    this.device = new ModelDevice(this.clock, (network, how, at) => {
      const end = this.lapi.told.get(network) ?? 0;
      // What ends while the device cannot be reached, or until the next attempt to, is not ours to prevent.
      const reachable = at * 1000 > this.device.awayUntil + MAX_BACKOFF_MS;
      const inTime = this.lapi.toldAt < at * 1000;
      if (end > at * 1000 && (how === 'removed' || (reachable && inTime)))
        this.gaps.push(`${network} ${how} at ${at}, told to block it until ${end / 1000}`);
    });
    this.start();
  }

  start(): void {
    const { clock, lapi } = this;
    const targets = [{ target: new ModelTarget(this.device) }];
    const { controller } = follow(lapi, clock, targets, { resyncInterval: this.#resyncInterval });
    this.#stop = new AbortController();
    this.#running = controller.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'));
    await this.#running;
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      await this.clock.advance(1000);
      this.device.lapse();
    }
  }
}

interface Step {
  readonly name: string;
  readonly run: (world: World) => void | Promise<void>;
}

const address = fc.constantFrom('192.0.2.1', '192.0.2.2', '198.51.100.0/24', '2001:db8::1', '2001:db8:1::/48');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(address, fc.constantFrom(25, 90, 700, 4000, 90_000)).map(ban) },
  {
    weight: 2,
    arbitrary: fc.nat(20).map((index) =>
      named(`unban ${index}`, (world) => {
        world.lapi.unban(index);
      }),
    ),
  },
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }).map((s) => named(`pass ${s} s`, (world) => world.pass(s))) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 100, max: 900 }).map((s) => named(`pass ${s} s`, (world) => world.pass(s))),
  },
  { weight: 2, arbitrary: fc.constantFrom<PullFault>('refused', 'lost').map(pullFault) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 4 }).map(cut) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 50 }).map(away) },
  {
    weight: 1,
    arbitrary: fc.constant(
      named('reboot', (world) => {
        world.device.rows.clear();
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(named('restart', restart)) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 2, 7).map(odd) },
);

/** With a hundred bans and more, LAPI's database may fail as well: a short list is guarded from there on. */
const outage: fc.Arbitrary<Step> = fc.constantFrom(0, 20, Infinity, Infinity).map((most) =>
  named(`database gives ${most}`, (world) => {
    world.lapi.cutFullAt = most;
    if (most < Infinity) world.lapi.faults.push('lost');
  }),
);

function named(name: string, run: Step['run']): Step {
  return { name, run };
}

function ban([value, seconds]: [string, number]): Step {
  return named(`ban ${value} ${seconds} s`, (world) => {
    world.lapi.ban(value, seconds, 'cscli');
  });
}

function pullFault(fault: PullFault): Step {
  return named(`pull ${fault}`, (world) => {
    world.lapi.faults.push(fault);
  });
}

function odd(every: number): Step {
  return named(`every ${every}th element is odd`, (world) => {
    world.lapi.oddEvery = every;
  });
}

function cut(writes: number): Step {
  return named(`cut after ${writes} writes`, (world) => {
    world.device.cutAfter = writes;
  });
}

function away(seconds: number): Step {
  return named(`away ${seconds} s`, (world) => {
    world.device.awayUntil = world.clock.now() + seconds * 1000;
  });
}

async function restart(world: World): Promise<void> {
  await world.stop();
  world.start();
}

describe('the connector, whatever happens', () => {
  it('never lets a live ban lapse, and comes to hold what LAPI says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const world = new World();
        for (const { run } of steps) await run(world);
        // Quiet: no more faults, and time for the longest backoff and the slowest rhythm.
        world.lapi.faults.length = 0;
        world.lapi.oddEvery = 0;
        world.device.cutAfter = Infinity;
        await world.pass(420);
        const held = [...world.device.rows.keys()].sort();
        // Ends are rounded up by up to two seconds, and entries about to end are left to the device.
        const late = held.filter((network) => !world.lapi.blocked().has(network));
        const missing = [...world.lapi.blocked()].filter((network) => !held.includes(network as never));
        await world.stop();
        expect({ gaps: world.gaps, missing }).toEqual({ gaps: [], missing: [] });
        const now = world.clock.now() / 1000;
        for (const network of late) expect((world.device.rows.get(network) ?? 0) - now).toBeLessThanOrEqual(12);
      }),
      { numRuns: 300 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });

  it('never unblocks what lives while the database of LAPI fails, over restarts of both sides', async () => {
    const steps = fc.array(fc.oneof({ weight: 3, arbitrary: outage }, { weight: 7, arbitrary: step }), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        // What LAPI lost for a restart of both sides at once, nobody remembers: the next full pull brings it.
        const world = new World(300);
        for (let index = 0; index < 150; index += 1) world.lapi.ban(`203.0.113.${index}`, 90_000, 'CAPI');
        await world.pass(30);
        for (const { run } of list) await run(world);
        world.lapi.faults.length = 0;
        world.lapi.oddEvery = 0;
        world.lapi.cutFullAt = Infinity;
        world.device.cutAfter = Infinity;
        await world.pass(420);
        const missing = [...world.lapi.blocked()].filter((network) => !world.device.rows.has(network as never));
        await world.stop();
        const removed = world.gaps.filter((gap) => gap.includes('removed'));
        expect({ removed, missing }).toEqual({ removed: [], missing: [] });
      }),
      { numRuns: 40 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });
});
