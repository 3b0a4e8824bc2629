import { instantNow, TransientError } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { MemoryTarget, silentLogger, type DropCounters } from '@bouncer/target';
import { fakeSource } from '../web/testing.ts';
import { startUsageReporter } from './usage-reporter.ts';

const minute = 60_000;

class Counting extends MemoryTarget {
  packets = 1000;
  away = false;

  counters(): Promise<readonly DropCounters[]> {
    if (this.away) return Promise.reject(new TransientError('away'));
    return Promise.resolve([{ family: 4, packets: this.packets, bytes: this.packets * 60 }]);
  }
}

type Answer = 'accepted' | 'unsupported' | Error | 'silence';

function start(answers: Answer[] = []) {
  const source = fakeSource();
  const target = new Counting();
  const stop = new AbortController();
  const pushed: Body[] = [];
  const state = { over: false };
  const client = {
    pushUsageMetrics(body: object, signal: AbortSignal): Promise<'accepted' | 'unsupported'> {
      pushed.push(body as Body);
      const answer = answers.shift() ?? 'accepted';
      if (answer instanceof Error) return Promise.reject(answer);
      if (answer !== 'silence') return Promise.resolve(answer);
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    },
  };
  const options = {
    ...source,
    status: () => source.now,
    client,
    targets: [target],
    log: silentLogger,
    random: () => 0,
  };
  const done = startUsageReporter({ ...options, signal: stop.signal }).then(() => (state.over = true));
  return { ...source, source, target, stop, pushed, state, done };
}

interface Body {
  readonly remediation_components: readonly {
    readonly feature_flags: unknown;
    readonly metrics: readonly {
      readonly meta: { readonly window_size_seconds: number; readonly utc_now_timestamp: number };
      readonly items: readonly {
        readonly name: string;
        readonly value: number;
        readonly unit: string;
        labels: unknown;
      }[];
    }[];
  }[];
}

function itemsOf(body: Body | undefined, name: string) {
  return body?.remediation_components[0]?.metrics[0]?.items.filter((item) => item.name === name);
}

describe('the usage reporter', () => {
  it('reports after 15 minutes what is blocked, in the shape that Go binds', async () => {
    const { clock, pushed, now } = start();
    await clock.advance(15 * minute - 1);
    expect(pushed).toEqual([]);
    await clock.advance(1);
    expect(pushed).toHaveLength(1);
    expect(pushed[0]?.remediation_components).toEqual([
      {
        type: 'crowdsec-mikrotik-bouncer',
        version: 'v0.1.0',
        feature_flags: [],
        utc_startup_timestamp: Math.floor(now.startedAt / 1000),
        last_pull: Math.floor((now.stream.lastPullAt ?? 0) / 1000),
        metrics: [
          {
            meta: { window_size_seconds: 16 * 60, utc_now_timestamp: Math.floor(clock.wall() / 1000) },
            items: [
              { name: 'active_decisions', value: 1, unit: 'ip', labels: { origin: 'crowdsec', ip_type: 'ipv4' } },
              { name: 'active_decisions', value: 1, unit: 'ip', labels: { origin: 'lists:firehol', ip_type: 'ipv4' } },
              { name: 'active_decisions', value: 1, unit: 'ip', labels: { origin: 'CAPI', ip_type: 'ipv6' } },
            ],
          },
        ],
      },
    ]);
  });

  it('reports what was dropped since the last report, and nothing of before the start', async () => {
    const { clock, pushed, target } = start();
    await clock.advance(minute);
    target.packets += 7;
    await clock.advance(14 * minute);
    expect(itemsOf(pushed[0], 'dropped')).toEqual([
      { name: 'dropped', value: 7, unit: 'packet', labels: { ip_type: 'ipv4' } },
      { name: 'dropped', value: 420, unit: 'byte', labels: { ip_type: 'ipv4' } },
    ]);
    await clock.advance(15 * minute);
    expect(itemsOf(pushed[1], 'dropped')).toEqual([]);
    expect(pushed[1]?.remediation_components[0]?.metrics[0]?.meta.window_size_seconds).toBe(15 * 60);
  });

  it('tells an origin that has none left as 0, until LAPI has taken it', async () => {
    const { clock, pushed, source } = start(['accepted', new TransientError('502'), 'accepted', 'accepted']);
    await clock.advance(15 * minute);
    source.set.expire(instantNow(clock) + 3600);
    await clock.advance(15 * minute);
    await clock.advance(15 * minute);
    const labels = { origin: 'CAPI', ip_type: 'ipv6' };
    for (const report of [pushed[1], pushed[2]])
      expect(itemsOf(report, 'active_decisions')).toEqual([
        expect.objectContaining({ value: 0 }),
        expect.objectContaining({ value: 0 }),
        { name: 'active_decisions', value: 0, unit: 'ip', labels },
      ]);
    await clock.advance(15 * minute);
    expect(itemsOf(pushed[3], 'active_decisions')).toEqual([]);
  });

  it('takes a counter that went back for one that began anew', async () => {
    const { clock, pushed, target } = start();
    await clock.advance(minute);
    target.packets = 3;
    await clock.advance(14 * minute);
    expect(itemsOf(pushed[0], 'dropped')?.[0]?.value).toBe(3);
  });

  it('tells the next time what LAPI did not take, and what a device could not tell', async () => {
    const { clock, pushed, target } = start([new TransientError('502')]);
    await clock.advance(minute);
    target.packets += 5;
    await clock.advance(14 * minute);
    target.packets += 5;
    await clock.advance(15 * minute);
    expect(itemsOf(pushed[1], 'dropped')?.[0]?.value).toBe(10);
    expect(pushed[1]?.remediation_components[0]?.metrics[0]?.meta.window_size_seconds).toBe(31 * 60);
    target.packets += 5;
    target.away = true;
    await clock.advance(15 * minute);
    expect(itemsOf(pushed[2], 'dropped')).toEqual([]);
    target.away = false;
    await clock.advance(15 * minute);
    expect(itemsOf(pushed[3], 'dropped')?.[0]?.value).toBe(5);
  });

  it('stops for good when LAPI knows no such reports', async () => {
    const { clock, pushed, done, stop } = start(['unsupported']);
    await clock.advance(15 * minute);
    await done;
    stop.abort();
    await clock.advance(60 * minute);
    expect(pushed).toHaveLength(1);
    expect(clock.sleeping).toBe(0);
  });

  it('sends a last report at the stop, and does not wait long for it', async () => {
    const { clock, pushed, stop, done, state, target } = start(['accepted', 'silence']);
    await clock.advance(20 * minute);
    target.packets += 2;
    stop.abort(new Error('SIGTERM'));
    await clock.advance(2999);
    expect(itemsOf(pushed[1], 'dropped')?.[0]?.value).toBe(2);
    expect(state.over).toBe(false);
    await clock.advance(1);
    await done;
  });

  it('says nothing at the stop when LAPI never answered', async () => {
    const { stop, done, source, pushed } = start();
    const { lastPullAt, ...stream } = source.now.stream;
    expect(lastPullAt).toBeDefined();
    source.now = { ...source.now, stream };
    stop.abort();
    await done;
    expect(pushed).toEqual([]);
  });
});
