import { describe, expect, it } from 'vitest';
import { DurationCounter } from '@bouncer/engine';
import { createMetricsPage } from './metrics.ts';
import { metricRows } from './metrics-table.ts';
import { fakeSource, targetStatus } from '../web/testing.ts';

const none = new Map();

describe('/metrics', () => {
  it('tells what the status tells', async () => {
    const source = fakeSource();
    const target = targetStatus({
      skipped: { ranges: 4 },
      refused: 1,
      limit: 500,
      lastPlan: { create: 7, update: 0, delete: 1 },
      guard: { removals: 9, held: 12, since: 0, until: 0 },
      guardHolds: 2,
      roundTripSeconds: 0.012,
      facts: { free_memory_bytes: 1024, board: 'hAP', 'bad name': 1, up: 5 },
    });
    source.now = { ...source.now, targets: [target] };
    const text = await createMetricsPage(source).render(
      new Map([[target.name, [{ family: 4, packets: 70, bytes: 4200 }]]]),
    );
    const of = `{target="${target.name}"`;
    for (const line of [
      'build_info{type="crowdsec-mikrotik-bouncer",version="0.1.0"} 1',
      'ready 1',
      'lapi_up 1',
      'lapi_pulls_total{kind="full"} 2',
      'lapi_pulls_total{kind="delta"} 5',
      'lapi_failures_total{reason="timeout"} 3',
      'decisions{origin="crowdsec",family="ipv4"} 1',
      'decisions{origin="lists:firehol",family="ipv4"} 1',
      'decisions{origin="CAPI",family="ipv6"} 1',
      'skipped_decisions{reason="not-an-address"} 1',
      `desired_entries${of}} 3`,
      `held_entries${of}} 3`,
      `skipped_entries${of},reason="ranges"} 4`,
      `refused_entries${of}} 1`,
      `entries_limit${of}} 500`,
      `plan_entries${of},action="create"} 7`,
      `changes_total${of},action="created"} 5`,
      `guard_holds_total${of}} 2`,
      `guard_held_removals${of}} 9`,
      `device_round_trip_seconds${of}} 0.012`,
      `device_free_memory_bytes${of}} 1024`,
      `device_up${of}} 1`,
      `dropped_packets_total${of},family="ipv4",origin=""} 70`,
      `dropped_bytes_total${of},family="ipv4",origin=""} 4200`,
    ]) {
      expect(text.split('\n')).toContain(`crowdsec_bouncer_${line}`);
    }
    expect(text).not.toContain('board');
    expect(text).not.toContain('bad name');
  });

  it("tells AppSec's words apart, and nothing of them as packets", async () => {
    const appsec = { passed: 5, blocked: 2, failed: 1 };
    const text = await createMetricsPage(fakeSource()).render(new Map([['web', [{ packets: 0, bytes: 0, appsec }]]]));
    for (const [verdict, count] of Object.entries(appsec)) {
      expect(text).toContain(`appsec_requests_total{target="web",verdict="${verdict}"} ${count}\n`);
    }
    expect(text).not.toContain('dropped_packets_total{');
  });

  it('forgets what is gone, and does not add up over scrapes', async () => {
    const source = fakeSource();
    const page = createMetricsPage(source);
    await page.render(none);
    source.set.delete('45.83.64.1' as never, 1);
    const text = await page.render(none);
    expect(text).not.toContain('origin="crowdsec"');
    expect(text).toContain('lapi_pulls_total{kind="full"} 2\n');
  });

  it('tells how long applies took since the start, however late it is loaded', async () => {
    const source = fakeSource();
    const applies = new DurationCounter();
    for (const seconds of [0.3, 1, 0.004, 1000]) applies.add(seconds);
    source.now = { ...source.now, targets: [targetStatus({ applies })] };
    const text = await createMetricsPage(source).render(none);
    const told = (name: string, le = '') =>
      new RegExp(`^crowdsec_bouncer_apply_duration_seconds_${name}\\{target="[^"]+"${le}\\} (.+)$`, 'm').exec(
        text,
      )?.[1];
    expect(told('count')).toBe('4');
    expect(told('sum')).toBe('1001.304');
    expect(['0.005', '0.1', '0.5', '2', '180', '\\+Inf'].map((le) => told('bucket', `,le="${le}"`))).toEqual([
      '1',
      '1',
      '2',
      '3',
      '3',
      '4',
    ]);
  });

  it('knows no metric that its table does not have, and has a help for each', async () => {
    const text = await createMetricsPage(fakeSource()).render(none);
    const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    const rows = metricRows.filter(({ name }) => !name.includes('<'));
    const own = told.filter((line) => !line.startsWith('process_'));
    expect(own.sort()).toEqual(rows.map(({ name, type }) => `${name} ${type}`).sort());
    for (const { name, help, type } of metricRows) {
      expect(help).not.toBe('');
      expect(name.endsWith('_total')).toBe(type === 'counter');
    }
  });

  it('begins every counter of failures at 0, and tells of its process by the names that dashboards know', async () => {
    const source = fakeSource();
    const text = await createMetricsPage(source).render(new Map());
    for (const reason of ['dns', 'refused', 'auth', 'malformed'])
      expect(text).toContain(`crowdsec_bouncer_lapi_failures_total{reason="${reason}"} 0\n`);
    expect(text).toContain('crowdsec_bouncer_lapi_failures_total{reason="timeout"} 3\n');
    for (const name of ['cpu_seconds_total', 'resident_memory_bytes', 'start_time_seconds', 'open_fds'])
      expect(text).toMatch(new RegExp(`^# TYPE process_${name} \\w+\\nprocess_${name} [\\d.e+]+$`, 'm'));
  });
});
