import { MemoryTarget, type Capabilities } from '@bouncer/target';
import { expect, it } from 'vitest';
import type { Controller } from '../src/controller.ts';
import { setUpIsolation } from './isolation-setup.ts';

/** Lets an error loose at each opening that the test says, as a timer or a listener of it would. */
class StrayTarget extends MemoryTarget {
  opened = 0;
  controller: Controller | undefined;
  /** What the process would be told: false ends it. */
  readonly taken: (boolean | undefined)[] = [];
  readonly #strays: (opening: number) => boolean;

  constructor(strays: (opening: number) => boolean) {
    super({ name: 'ill' });
    this.#strays = strays;
  }

  override open(signal: AbortSignal): Promise<Capabilities> {
    this.opened += 1;
    if (!this.#strays(this.opened)) return super.open(signal);
    process.nextTick(() => this.taken.push(this.controller?.takeStrayError(new Error('of a timer'))));
    // The callback that threw would have gone on with it.
    return new Promise(() => undefined);
  }
}

it('begins anew, alone, though what it was doing never ends', async () => {
  const [ill, well] = [new StrayTarget((opening) => opening === 1), new MemoryTarget({ name: 'well' })];
  const { controller, run } = setUpIsolation([{ target: ill }, { target: well }]);
  ill.controller = controller;
  await run(0.1);
  expect(ill.taken).toEqual([true]);
  expect(controller.status().targets).toMatchObject([
    { name: 'ill', state: 'away', lastError: { message: 'nobody caught: of a timer' } },
    { name: 'well', state: 'in-step', failures: 0 },
  ]);
});

it('is right again after a short while', async () => {
  const [ill, well] = [new StrayTarget((opening) => opening === 1), new MemoryTarget({ name: 'well' })];
  const { controller, run } = setUpIsolation([{ target: ill }, { target: well }]);
  ill.controller = controller;
  await run(10);
  expect(controller.status().targets).toMatchObject([{ state: 'in-step' }, { state: 'in-step' }]);
  expect([ill.opened, [...ill.rows.keys()]]).toEqual([2, [...well.rows.keys()]]);
});

it('is tried less and less often when it does it each time, also when it was in step in between', async () => {
  const ill = new StrayTarget((opening) => opening % 2 === 1);
  const { controller, run } = setUpIsolation([{ target: ill }, { target: new MemoryTarget({ name: 'well' }) }]);
  ill.controller = controller;
  ill.verify = () => Promise.reject(new Error('opened anew'));
  await run(600);
  // Doubled up to half a minute: about 20 in ten minutes, where a fixed second would make hundreds.
  expect(ill.opened).toBeGreaterThan(10);
  expect(ill.opened).toBeLessThan(50);
});

it('begins anew, alone, also when it was asked what it has dropped', async () => {
  const ill = Object.assign(new StrayTarget(() => false), {
    counters: async () => {
      process.nextTick(() => ill.taken.push(ill.controller?.takeStrayError(new Error('of a socket'))));
      return Promise.resolve([]);
    },
  });
  const { controller, run } = setUpIsolation([{ target: ill }, { target: new MemoryTarget({ name: 'well' }) }]);
  ill.controller = controller;
  await run(1);
  const [asked, ...others] = controller.counting();
  expect([asked?.name, others]).toEqual(['ill', []]);
  await asked?.counters?.(new AbortController().signal);
  await run(0.1);
  expect(ill.taken).toEqual([true]);
  expect(controller.status().targets).toMatchObject([
    { name: 'ill', state: 'away', lastError: { message: 'nobody caught: of a socket' } },
    { name: 'well', state: 'in-step', failures: 0 },
  ]);
});

it("is nobody's outside of a target, and the process's where there is one target alone", async () => {
  const ill = new StrayTarget((opening) => opening === 1);
  const { controller, run } = setUpIsolation([{ target: ill }]);
  ill.controller = controller;
  await run(1);
  expect(ill.taken).toEqual([false]);
  expect(controller.takeStrayError(new Error('of nobody'))).toBe(false);
});
