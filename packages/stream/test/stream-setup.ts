import { ManualClock } from '../src/manual-clock.ts';
import { createProtectedSpace } from '../src/net/protected-space.ts';
import type { DecisionStreamOptions } from '../src/stream-options.ts';
import { DecisionStream } from '../src/stream.ts';
import { ModelLapi } from './model-lapi.ts';
import { silentLog } from './silent-log.ts';

/** A stream on a clock that stands still, with a LAPI in memory; no jitter unless asked for. */
export function setupStream(options: Partial<DecisionStreamOptions> = {}) {
  const clock = new ManualClock();
  const lapi = new ModelLapi(clock);
  const space = createProtectedSpace({ allowlist: [], addresses: [], blockPrivateNetworks: false });
  const stream = new DecisionStream({
    client: lapi,
    clock,
    filter: { types: new Set(['ban']) },
    protectedSpace: () => Promise.resolve(space),
    updateFrequency: 10,
    resyncInterval: 3600,
    random: () => 0.5,
    log: silentLog,
    ...options,
  });
  return { clock, lapi, stream };
}

/** Lets `stream.run` go in the background. `stop` ends it and waits for the end. */
export function runStream(stream: DecisionStream) {
  const controller = new AbortController();
  const updates: { full: boolean; touched: string[]; pull: number }[] = [];
  const ended = stream.run(controller.signal, ({ full, touched, pull }) => {
    updates.push({ full, touched: [...touched], pull });
  });
  const stop = async () => {
    controller.abort();
    await ended;
  };
  return { updates, stop };
}
