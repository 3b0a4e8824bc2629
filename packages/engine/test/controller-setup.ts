import { DecisionStream, ManualClock, createProtectedSpace } from '@bouncer/stream';
import { silentLogger } from '@bouncer/target';
import { Controller } from '../src/controller.ts';
import type { ControllerOptions } from '../src/controller.ts';
import { ModelDevice, ModelTarget } from './model-device.ts';
import { ModelLapi } from './model-lapi.ts';

/** A model LAPI with 200 bans, devices, and a controller between them. */
export function setUp(devices: number, more: Partial<ControllerOptions> = {}) {
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
      targets: models.map((model) => ({ target: new ModelTarget(model) })),
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
