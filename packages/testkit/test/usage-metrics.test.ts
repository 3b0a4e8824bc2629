import { MemoryTarget, silentLogger, type DropCounters } from '@bouncer/target';
import { startUsageReporter, usageBody } from '@bouncer/cli';
import type { ControllerStatus } from '@bouncer/engine';
import { createLapiClient, DecisionSet, instantNow, ManualClock } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { describe, expect, it } from 'vitest';
import { ask, judgeUsageMetrics, startLapi } from '@bouncer/sandbox';

const item = { name: 'active_decisions', value: 3, unit: 'ip', labels: { origin: 'CAPI' } };
const meta = { window_size_seconds: 900, utc_now_timestamp: 1_790_000_900 };
const component = {
  type: 'crowdsec-test-bouncer',
  version: 'v1',
  feature_flags: [],
  utc_startup_timestamp: 1_790_000_000,
  metrics: [{ meta, items: [item] }],
};

class CountingTarget extends MemoryTarget {
  growth = 0;

  counters(): Promise<readonly DropCounters[]> {
    const { growth } = this;
    return Promise.resolve([
      { family: 4, origin: 'CAPI', packets: 100 + growth, bytes: 100 * growth },
      { packets: growth, bytes: 0 },
      { family: 6, origin: 'crowdsec', packets: 0, bytes: 0, requests: growth },
      { family: 6, packets: 0, bytes: 0, processed: 10 * growth },
    ]);
  }
}

function clientOf({ url, key }: { readonly url: string; readonly key: string }) {
  return createLapiClient({ url, apiKey: () => key, userAgent: 'crowdsec-test-bouncer/v1' });
}

function itemsOf(body: unknown): string[] {
  const { remediation_components: components } = body as {
    remediation_components: { metrics: { items: (typeof item)[] }[] }[];
  };
  const items = components[0]?.metrics[0]?.items ?? [];
  return items.map(({ name, value, unit, labels }) => `${name} ${value} ${unit} ${JSON.stringify(labels)}`);
}

function judge(change: object, items: object[] = [item], changedMeta: object = meta): number {
  const changed = { ...component, metrics: [{ meta: changedMeta, items }], ...change };
  return judgeUsageMetrics(JSON.stringify({ remediation_components: [changed] })).status;
}

describe('usage metrics', () => {
  it('takes a good body', () => {
    expect(judge({})).toBe(201);
    expect(judge({ os: { name: 'Alpine Linux', version: '3.24' }, last_pull: 1_790_000_899 })).toBe(201);
  });

  it('takes what our own reporter sends', () => {
    const window = { type: 'crowdsec-test-bouncer', version: '0.1.0', startedAt: 1.5, since: 1.5, now: 900_123.4 };
    const drop = { name: 'dropped', value: 3, unit: 'packet', labels: { ip_type: 'ipv4' } } as const;
    expect(judgeUsageMetrics(JSON.stringify(usageBody({ ...window, lastPullAt: 7.7 }, [drop])))).toEqual({
      status: 201,
    });
    expect(judgeUsageMetrics(JSON.stringify(usageBody(window, [])))).toEqual({ status: 201 });
  });

  it('takes the reports of a connector whose devices count in all ways there are', async () => {
    const clock = new ManualClock();
    await using lapi = await startLapi();
    const target = new CountingTarget();
    const set = new DecisionSet();
    set.add('45.83.64.1' as Network, 1, instantNow(clock) + 9999, 'lists', 'firehol');
    const stop = new AbortController();
    const stream = {
      state: 'ok',
      pulls: 1,
      fullPulls: 1,
      failures: {},
      lastPullAt: clock.wall(),
      decisions: 1,
      skipped: {},
    };
    const status = { startedAt: clock.wall(), ready: true, updateFrequency: 10, stream, targets: [] } as const;
    const options = {
      client: clientOf(lapi),
      clock,
      log: silentLogger,
      type: 'crowdsec-test-bouncer',
      version: '0.1.0',
    };
    const done = startUsageReporter({
      ...options,
      status: () => status as ControllerStatus,
      set,
      targets: [target],
      signal: stop.signal,
      random: () => 0,
    });
    await clock.advance(60_000);
    target.growth = 5;
    await clock.advance(840_000);
    await expect.poll(() => lapi.usageMetrics.length).toBe(1);
    target.growth = 7;
    await clock.advance(60_000);
    stop.abort();
    await done;
    expect(lapi.usageMetrics.map(itemsOf)).toEqual([
      [
        'active_decisions 1 ip {"origin":"lists:firehol","ip_type":"ipv4"}',
        'dropped 5 packet {"origin":"CAPI","ip_type":"ipv4"}',
        'dropped 500 byte {"origin":"CAPI","ip_type":"ipv4"}',
        'dropped 5 packet {}',
        'dropped 5 request {"origin":"crowdsec","ip_type":"ipv6"}',
        'processed 50 request {"ip_type":"ipv6"}',
      ],
      [
        'active_decisions 1 ip {"origin":"lists:firehol","ip_type":"ipv4"}',
        'dropped 2 packet {"origin":"CAPI","ip_type":"ipv4"}',
        'dropped 200 byte {"origin":"CAPI","ip_type":"ipv4"}',
        'dropped 2 packet {}',
        'dropped 2 request {"origin":"crowdsec","ip_type":"ipv6"}',
        'processed 20 request {"ip_type":"ipv6"}',
      ],
    ]);
  });

  it('refuses what Go cannot bind', () => {
    expect(judgeUsageMetrics('{').status).toBe(400);
    expect(judge({ feature_flags: {} })).toBe(400);
    expect(judge({ metrics: {} })).toBe(400);
    expect(judge({ utc_startup_timestamp: 1.5 })).toBe(400);
    expect(judge({}, [{ ...item, value: '3' }])).toBe(400);
    expect(judge({}, [{ ...item, labels: { count: 3 } }])).toBe(400);
    expect(judgeUsageMetrics('{"remediation_components":[]}').status).toBe(400);
    const two = JSON.stringify({ remediation_components: [component, component] });
    expect(judgeUsageMetrics(two).status).toBe(400);
  });

  it('refuses what the validation finds', () => {
    expect(judge({ version: undefined })).toBe(422);
    expect(judge({ version: 'x'.repeat(256) })).toBe(422);
    expect(judge({ os: { name: 'Alpine Linux' } })).toBe(422);
    expect(judge({}, [{ name: 'dropped', value: 1 }])).toBe(422);
    expect(judge({}, [item], { window_size_seconds: 900 })).toBe(422);
  });

  it('is there from 1.6 only, and leaves last_pull alone', async () => {
    const body = JSON.stringify({ remediation_components: [component] });
    await using old = await startLapi({ generation: '1.4' });
    await using recent = await startLapi();
    const refused = await ask(old, '/v1/usage-metrics', { method: 'POST', body });
    expect([refused.status, await refused.text()]).toEqual([404, '']);
    const taken = await ask(recent, '/v1/usage-metrics', { method: 'POST', body });
    expect([taken.status, await taken.text()]).toEqual([201, '']);
    expect(recent.usageMetrics).toEqual([{ remediation_components: [component] }]);
    expect(recent.bouncers.list()[0]?.lastPull).toBeUndefined();
    const stranger = await ask(recent, '/v1/usage-metrics', { method: 'POST', body, headers: { 'x-api-key': 'no' } });
    expect(stranger.status).toBe(403);
  });
});
