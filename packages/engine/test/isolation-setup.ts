import { ManualClock } from '@bouncer/stream';
import { onTestFinished } from 'vitest';
import type { TargetSpec } from '../src/target-spec.ts';
import { follow } from './controller-setup.ts';
import { ModelLapi } from './model-lapi.ts';

/** The one ban that LAPI has from the start. */
export const BANNED = '203.0.113.7';

/** A model LAPI with one ban, a clock that stands still, and a controller of these targets. */
export function setUpIsolation(targets: readonly TargetSpec[]) {
  const clock = new ManualClock();
  const lapi = new ModelLapi(clock);
  lapi.ban(BANNED, 36_000, 'cscli');
  const { stream, controller } = follow(lapi, clock, targets);
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
