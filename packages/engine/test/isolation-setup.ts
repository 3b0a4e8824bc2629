import { DecisionStream, ManualClock, createProtectedSpace } from '@bouncer/stream';
import { silentLogger } from '@bouncer/target';
import { onTestFinished } from 'vitest';
import { Controller } from '../src/controller.ts';
import type { TargetSpec } from '../src/target-spec.ts';
import { ModelLapi } from './model-lapi.ts';

/** The one ban that LAPI has from the start. */
export const BANNED = '203.0.113.7';

/** A model LAPI with one ban, a clock that stands still, and a controller of these targets. */
export function setUpIsolation(targets: readonly TargetSpec[]) {
  const clock = new ManualClock();
  const lapi = new ModelLapi(clock);
  lapi.ban(BANNED, 36_000, 'cscli');
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
    targets,
    clock,
    log: silentLogger,
    maxRemovalPercent: 50,
    removalHold: 600,
    dryRun: false,
    resyncInterval: 3600,
    updateFrequency: 10,
    random: () => 0.5,
  });
  const run = async (seconds: number): Promise<void> => {
    const stop = new AbortController();
    const running = controller.run(stop.signal);
    onTestFinished(() => {
      stop.abort();
    });
    running.catch(() => undefined);
    await clock.advance(seconds * 1000);
  };
  return { clock, lapi, controller, run, stream };
}
