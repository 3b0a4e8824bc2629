import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metric, MetricValueWithName } from 'prom-client';
import type { LapiErrorKind, StreamStatus } from '@bouncer/stream';
import { durationBounds, type ControllerStatus, type DurationCounts, type TargetStatus } from '@bouncer/engine';
import type { Drops } from './drop-watch.ts';
import { metricPrefix, metrics } from './metrics-table.ts';
import type { MetricRow } from './metrics-table.ts';
import { processMetrics } from './process-metrics.ts';
import type { StatusSource } from '../web/status-source.ts';

// Loaded by the first scrape only: prom-client takes 15 MB (it brings cluster and http).

type Labels = Readonly<Record<string, string>>;

/** The text of /metrics. */
export interface MetricsPage {
  readonly contentType: string;
  render(drops: Drops): Promise<string>;
}

/** Metrics of this source in a registry of their own, without prom-client's default metrics. */
export function createMetricsPage(source: StatusSource): MetricsPage {
  const registry = new Registry();
  const values = new Values(registry);
  registry.registerMetric(applyDurations(source));
  return {
    contentType: registry.contentType,
    async render(drops) {
      values.clear();
      fill(values, source, drops);
      return `${(await registry.metrics()).trimEnd()}\n${processMetrics()}`;
    },
  };
}

/** The histogram of what the workers have counted since the start, which is before this file was loaded. */
function applyDurations({ status }: StatusSource): Metric {
  const empty = new Histogram({ ...shape(metrics.applySeconds), buckets: [...durationBounds], registers: [] });
  return Object.assign(empty, {
    // What a registry prints, where a metric has it; prom-client's types do not know it.
    getForPromString: () => {
      const { name, help } = metrics.applySeconds;
      const values = status().targets.flatMap((target) => valuesOf(name, target.name, target.applies));
      return Promise.resolve({ name, help, type: 'histogram', values });
    },
  });
}

function valuesOf(metric: string, target: string, applies: DurationCounts | undefined): MetricValueWithName<string>[] {
  if (!applies) return [];
  const { counts, count, sum } = applies;
  let below = 0;
  const buckets = durationBounds.map((le, index) => {
    below += counts[index] ?? 0;
    return { metricName: `${metric}_bucket`, labels: { target, le }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${metric}_bucket`, labels: { target, le: '+Inf' }, value: count },
    { metricName: `${metric}_sum`, labels: { target }, value: sum },
    { metricName: `${metric}_count`, labels: { target }, value: count },
  ];
}

/** Gauges and counters that are filled anew for every scrape: the numbers live elsewhere. */
class Values {
  readonly #registry: Registry;
  readonly #known = new Map<string, Gauge | Counter>();

  constructor(registry: Registry) {
    this.#registry = registry;
    for (const row of Object.values(metrics)) if (row.type !== 'histogram') this.#metric(row);
  }

  clear(): void {
    for (const metric of this.#known.values()) metric.reset();
  }

  set(row: MetricRow, value: number, labels: Labels = {}): void {
    this.#metric(row).inc(labels, value);
  }

  #metric(row: MetricRow): Gauge | Counter {
    const known = this.#known.get(row.name);
    if (known) return known;
    const options = { ...shape(row), registers: [this.#registry] };
    const made = row.type === 'counter' ? new Counter(options) : new Gauge(options);
    this.#known.set(row.name, made);
    return made;
  }
}

function shape(row: MetricRow): { name: string; help: string; labelNames: string[] } {
  return { name: row.name, help: row.help, labelNames: [...row.labels] };
}

function fill(values: Values, source: StatusSource, drops: Drops): void {
  const status = source.status();
  values.set(metrics.buildInfo, 1, { type: source.type, version: source.version });
  values.set(metrics.startTime, status.startedAt / 1000);
  values.set(metrics.ready, Number(status.ready));
  fillStream(values, status);
  for (const { origin, family, count } of source.set.counts()) {
    values.set(metrics.decisions, count, { origin, family: `ipv${family}` });
  }
  for (const target of status.targets) fillTarget(values, target);
  for (const [target, counters] of drops) {
    for (const each of counters) {
      const { family: version, origin = '', packets, bytes, requests, processed, appsec } = each;
      if (appsec) {
        for (const verdict of ['passed', 'blocked', 'failed'] as const) {
          values.set(metrics.appsecRequests, appsec[verdict], { target, verdict });
        }
        continue;
      }
      const family = version ? `ipv${version}` : '';
      const labels = { target, family, origin };
      if (processed !== undefined) values.set(metrics.processedRequests, processed, { target, family });
      if (requests !== undefined) values.set(metrics.refusedRequests, requests, labels);
      if (requests !== undefined || processed !== undefined) continue;
      if (each.processedPackets !== undefined) {
        values.set(metrics.processedPackets, each.processedPackets, { target, family });
        values.set(metrics.processedBytes, each.processedBytes ?? 0, { target, family });
        continue;
      }
      values.set(metrics.droppedPackets, packets, labels);
      values.set(metrics.droppedBytes, bytes, labels);
    }
  }
}

/** Every cause that LAPI's client tells. */
const noFailures: Readonly<Record<LapiErrorKind, number>> = {
  dns: 0,
  refused: 0,
  network: 0,
  tls: 0,
  timeout: 0,
  auth: 0,
  path: 0,
  server: 0,
  protocol: 0,
  malformed: 0,
  proxy: 0,
  socket: 0,
};

/** Only where LAPI is asked: of what was never asked it cannot be told when it last answered. */
function fillLapi(values: Values, stream: StreamStatus): void {
  values.set(metrics.lapiUp, Number(stream.state === 'ok'));
  values.set(metrics.lastPull, (stream.lastPullAt ?? 0) / 1000);
}

function fillStream(values: Values, { stream }: ControllerStatus): void {
  if (stream.state !== 'unasked') fillLapi(values, stream);
  values.set(metrics.pulls, stream.fullPulls, { kind: 'full' });
  values.set(metrics.pulls, stream.pulls - stream.fullPulls, { kind: 'delta' });
  values.set(metrics.liveDecisions, stream.decisions);
  values.set(metrics.guardHolds, stream.guardHolds ?? 0, { target: 'lapi' });
  values.set(metrics.heldRemovals, stream.guard?.removals ?? 0, { target: 'lapi' });
  // A counter that appears with its first failure has no increase to alert on.
  const failures = { ...noFailures, ...stream.failures };
  for (const [reason, count] of Object.entries(failures)) values.set(metrics.pullFailures, count, { reason });
  for (const [reason, count] of Object.entries(stream.skipped)) values.set(metrics.skippedDecisions, count, { reason });
}

function fillTarget(values: Values, target: TargetStatus): void {
  const labels = { target: target.name };
  const { state, guard, limit, lastPlan, writes, roundTripSeconds, listSeconds } = target;
  values.set(metrics.desired, target.desired, labels);
  values.set(metrics.held, target.held, labels);
  values.set(metrics.refused, target.refused, labels);
  for (const [reason, count] of Object.entries(target.skipped)) {
    values.set(metrics.skippedEntries, count, { ...labels, reason });
  }
  if (limit !== undefined) values.set(metrics.limit, limit, labels);
  for (const action of ['create', 'update', 'delete'] as const) {
    values.set(metrics.planned, lastPlan?.[action] ?? 0, { ...labels, action });
  }
  for (const action of ['created', 'updated', 'deleted'] as const) {
    values.set(metrics.changes, writes[action], { ...labels, action });
  }
  values.set(metrics.deviceUp, Number(state === 'in-step' || state === 'reconciling'), labels);
  values.set(metrics.deviceInStep, Number(state === 'in-step'), labels);
  values.set(metrics.deviceFailures, target.failures, labels);
  values.set(metrics.guardHolds, target.guardHolds, labels);
  values.set(metrics.heldRemovals, guard?.removals ?? 0, labels);
  if (roundTripSeconds !== undefined) values.set(metrics.roundTrip, roundTripSeconds, labels);
  if (listSeconds !== undefined) values.set(metrics.listSeconds, listSeconds, labels);
  for (const [fact, value] of Object.entries(target.facts)) {
    const row = factRow(fact, isText(fact) ? ['target', 'value'] : ['target']);
    if (!row) continue;
    if (isText(fact)) values.set(row, 1, { ...labels, value: String(value) });
    else if (typeof value !== 'string') values.set(row, Number(value), labels);
  }
}

/** A text that is worth a metric, as the label `value`: what a device says in its own words. */
function isText(fact: string): boolean {
  return fact.endsWith('_info');
}

const taken = new Set<string>(Object.values(metrics).map((row) => row.name));

/** A fact's own metric; none for a name that is no metric name, or that means something else already. */
function factRow(fact: string, labels: MetricRow['labels']): MetricRow | undefined {
  const name = `${metricPrefix}device_${fact}`;
  if (!/^[a-z][a-z0-9_]*$/.test(fact) || taken.has(name)) return undefined;
  return { name, type: 'gauge', labels, help: `${fact.replaceAll('_', ' ')}, as the device tells it` };
}
