import { DecisionStream, ManualClock, createProtectedSpace } from '@bouncer/stream';
import type { Clock, DecisionStreamOptions } from '@bouncer/stream';
import { silentLogger } from '@bouncer/target';
import { Controller } from '../src/controller.ts';
import type { ControllerOptions } from '../src/controller.ts';
import type { TargetSpec } from '../src/target-spec.ts';
import { ModelDevice, ModelTarget } from './model-device.ts';
import { ModelLapi } from './model-lapi.ts';

/** A stream of `client` and a controller behind it, polling every 10 s and without jitter. */
export function follow(
  client: DecisionStreamOptions['client'],
  clock: Clock,
  targets: readonly TargetSpec[],
  more: Partial<ControllerOptions> = {},
) {
  const random = () => 0.5;
  const common = { clock, updateFrequency: 10, random, log: silentLogger };
  const space = createProtectedSpace({ allowlist: [], addresses: [], blockPrivateNetworks: false });
  const stream = new DecisionStream({
    ...common,
    client,
    maxRemovalPercent: more.maxRemovalPercent ?? 50,
    filter: { types: new Set(['ban']) },
    protectedSpace: () => Promise.resolve(space),
    resyncInterval: more.resyncInterval ?? 3600,
  });
  const guard = { maxRemovalPercent: 50, removalHold: 600 };
  const options = { ...common, ...guard, stream, targets, dryRun: false, resyncInterval: 3600, ...more };
  return { stream, controller: new Controller(options) };
}

/** A model LAPI with 200 bans, devices, and a controller between them. */
export function setUp(devices: number, more: Partial<ControllerOptions> = {}) {
  const clock = new ManualClock();
  const lapi = new ModelLapi(clock);
  for (let index = 0; index < 200; index += 1) lapi.ban(`203.0.113.${index}`, 36_000, 'CAPI');
  const models = Array.from({ length: devices }, () => new ModelDevice(clock, () => undefined));
  /** Another process of the same connector. */
  const start = (change: Partial<ControllerOptions> = {}) => {
    const targets = models.map((model) => ({ target: new ModelTarget(model) }));
    return follow(lapi, clock, targets, { ...more, ...change }).controller;
  };
  return {
    clock,
    lapi,
    controller: start(),
    more: start,
    devices: models,
    device: models[0] ?? new ModelDevice(clock, () => undefined),
  };
}
