import { hintOf, messageOf, withTimeout } from '@bouncer/stream';
import type { Clock, DecisionSet, LapiClient } from '@bouncer/stream';
import type { ControllerStatus, Counting } from '@bouncer/engine';
import type { Logger } from '@bouncer/target';
import { DropWatch } from '../metrics/drop-watch.ts';
import type { Drops } from '../metrics/drop-watch.ts';
import { activeItems, dropItems, usageBody } from './usage-report.ts';
import type { UsageItem } from './usage-report.ts';

/** What is reported, and to whom. */
export interface UsageReporterOptions {
  readonly client: Pick<LapiClient, 'pushUsageMetrics'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** `crowdsec-mikrotik-bouncer` */
  readonly type: string;
  /** `0.1.0` */
  readonly version: string;
  readonly status: () => ControllerStatus;
  readonly set: DecisionSet;
  readonly targets: readonly Counting[];
  /** Ends the reports; a last one goes out. */
  readonly signal: AbortSignal;
  /** Default Math.random. */
  readonly random?: () => number;
}

/** LAPI's own least interval, in milliseconds. */
const intervalMs = 15 * 60_000;
/** Devices that could not be asked for their counters at the start are asked again this long after it. */
const settleMs = 60_000;
/** The last report may hold up a stop for so long, in milliseconds. */
const reportTimeoutMs = 3_000;

/**
 * Tells LAPI every 15 minutes what is blocked and what was dropped, for `cscli metrics` and the console; the first
 * report comes 15 minutes after the start, the last one at the stop. Resolves when all is done: after the last report,
 * or once LAPI turns out to know nothing of such reports. Never rejects, and a failure disturbs nothing: what was
 * dropped is told the next time.
 */
export async function startUsageReporter(options: UsageReporterOptions): Promise<void> {
  const { client, clock, log, signal, random = Math.random } = options;
  const { startedAt } = options.status();
  const watch = new DropWatch(options.targets, clock);
  let since = startedAt;
  let told: Drops = new Map();
  let toldActive: readonly UsageItem[] = [];

  async function report(limit: AbortSignal): Promise<'go on' | 'stop'> {
    const drops = copyOf(await watch.read(true));
    const now = clock.wall();
    const active = activeItems(options.set.counts(), toldActive);
    const items = [...active, ...dropItems(told, drops)];
    const { lastPullAt } = options.status().stream;
    const body = usageBody({ ...options, startedAt, lastPullAt, since, now }, items);
    try {
      const outcome = await client.pushUsageMetrics(body, limit);
      if (outcome === 'unsupported') {
        log.debug({}, 'this LAPI does not accept usage metrics');
        return 'stop';
      }
      told = drops;
      toldActive = active;
      since = now;
    } catch (error) {
      log.debug(
        { error: messageOf(error), hint: hintOf(error) },
        'usage metrics were not accepted; the next report includes them',
      );
    }
    return 'go on';
  }

  try {
    // What is dropped in the first minute counts; a device that cannot be asked at once is asked again when it is likely there.
    told = copyOf(await watch.read());
    await clock.sleep(settleMs, signal);
    told = new Map([...(await watch.read()), ...told]);
    let wait = intervalMs * (1 + random() * 0.1) - settleMs;
    for (;;) {
      await clock.sleep(wait, signal);
      if ((await report(signal)) === 'stop') return;
      wait = intervalMs * (1 + random() * 0.1);
    }
  } catch {
    // Stopped: the only thing that ends the sleep.
  }
  if (options.status().stream.lastPullAt === undefined) return;
  await withTimeout(report, reportTimeoutMs, clock, undefined, () => new Error('the connector stops')).catch(
    () => undefined,
  );
}

function copyOf(drops: Drops): Drops {
  return new Map(drops);
}
