import { usageBody } from '@bouncer/connector';
import { describe, expect, it } from 'vitest';
import { startLapi } from './start-lapi.ts';
import { ask } from './testing.ts';
import { judgeUsageMetrics } from './usage-metrics.ts';

const item = { name: 'active_decisions', value: 3, unit: 'ip', labels: { origin: 'CAPI' } };
const meta = { window_size_seconds: 900, utc_now_timestamp: 1_790_000_900 };
const component = {
  type: 'crowdsec-test-bouncer',
  version: 'v1',
  feature_flags: [],
  utc_startup_timestamp: 1_790_000_000,
  metrics: [{ meta, items: [item] }],
};

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
    expect(judge({ type: 'x'.repeat(256) })).toBe(422);
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
