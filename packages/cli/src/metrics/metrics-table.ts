/** One metric of /metrics. README's table is made from this. */
export interface MetricRow {
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

/** Begins the name of every metric. */
export const metricPrefix = 'crowdsec_bouncer_';

/** Every metric by the name that the code uses; the full name has the prefix. */
export const metrics = {
  buildInfo: gauge('build_info', ['type', 'version'], 'Always 1; the labels tell what is running'),
  startTime: gauge('start_time_seconds', [], 'Start of this process, seconds since the epoch'),
  ready: gauge('ready', [], '1 while every device is in step and the last pull is fresh, as /readyz says'),
  lapiUp: gauge('lapi_up', [], '1 while the last pull of LAPI succeeded'),
  pulls: counter('lapi_pulls_total', ['kind'], 'Successful pulls of LAPI; kind is full or delta'),
  pullFailures: counter('lapi_failures_total', ['reason'], 'Failed pulls of LAPI by cause'),
  lastPull: gauge(
    'last_pull_timestamp_seconds',
    [],
    'Last successful pull, seconds since the epoch; 0 before the first',
  ),
  liveDecisions: gauge('live_decisions', [], 'Live decisions known; several may be on one network'),
  decisions: gauge('decisions', ['origin', 'family'], 'Networks to block, by origin of their most local decision'),
  skippedDecisions: gauge('skipped_decisions', ['reason'], 'Decisions passed over since the last full pull, by reason'),
  desired: gauge('desired_entries', ['target'], 'Entries that the device should hold'),
  held: gauge('held_entries', ['target'], 'Entries of this connector that the device holds'),
  limit: gauge('entries_limit', ['target'], 'The most entries that the device may hold; absent without a limit'),
  planned: gauge('plan_entries', ['target', 'action'], 'Entries of the last plan; action is create, update or delete'),
  skippedEntries: gauge(
    'skipped_entries',
    ['target', 'reason'],
    'Entries left out because the device cannot hold them',
  ),
  refused: gauge('refused_entries', ['target'], 'Entries that the device would not take'),
  changes: counter('changes_total', ['target', 'action'], 'Entries written; action is created, updated or deleted'),
  applySeconds: histogram('apply_duration_seconds', ['target'], 'Time to write a set of changes'),
  deviceUp: gauge('device_up', ['target'], '1 while the device answers'),
  deviceInStep: gauge('device_in_step', ['target'], '1 while the device holds the desired set'),
  deviceFailures: counter('device_failures_total', ['target'], 'Failures of the device, each followed by another try'),
  roundTrip: gauge('device_round_trip_seconds', ['target'], 'Time of the last look at the device'),
  listSeconds: gauge('device_list_seconds', ['target'], 'Time of the last full listing of the device'),
  guardHolds: counter(
    'guard_holds_total',
    ['target'],
    'Times that removals by absence were held; target lapi: by the stream itself, for all devices',
  ),
  heldRemovals: gauge(
    'guard_held_removals',
    ['target'],
    'Removals by absence held back now; target lapi: by the stream itself',
  ),
  droppedPackets: counter(
    'dropped_packets_total',
    ['target', 'family', 'origin'],
    'Packets dropped, where the device counts',
  ),
  droppedBytes: counter(
    'dropped_bytes_total',
    ['target', 'family', 'origin'],
    'Bytes dropped, where the device counts',
  ),
  processedPackets: counter(
    'processed_packets_total',
    ['target', 'family'],
    'Packets looked at, where the device counts',
  ),
  processedBytes: counter('processed_bytes_total', ['target', 'family'], 'Bytes looked at, where the device counts'),
  refusedRequests: counter(
    'refused_requests_total',
    ['target', 'family', 'origin'],
    'Requests refused, where a web server counts',
  ),
  processedRequests: counter(
    'processed_requests_total',
    ['target', 'family'],
    'Requests looked at, where a web server counts',
  ),
  appsecRequests: counter(
    'appsec_requests_total',
    ['target', 'verdict'],
    'Requests that AppSec was asked about; verdict is passed, blocked or failed (no answer: the failure action)',
  ),
} as const satisfies Readonly<Record<string, MetricRow>>;

/** Numbers that a device tells about itself come as gauges of this form; the name is the fact's own. */
const deviceFactMetric: MetricRow = gauge(
  'device_<fact>',
  ['target'],
  'What the device tells, such as free_memory_bytes',
);

/** All rows in order, for documentation. */
export const metricRows: readonly MetricRow[] = [...Object.values(metrics), deviceFactMetric];

function gauge(name: string, labels: readonly string[], help: string): MetricRow {
  return { name: metricPrefix + name, type: 'gauge', labels, help };
}

function counter(name: string, labels: readonly string[], help: string): MetricRow {
  return { name: metricPrefix + name, type: 'counter', labels, help };
}

function histogram(name: string, labels: readonly string[], help: string): MetricRow {
  return { name: metricPrefix + name, type: 'histogram', labels, help };
}

/** All metrics as markdown for the README. Ends with a line break. */
export function metricsTable(): string {
  const rows = metricRows.map(
    ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`,
  );
  return `${['| metric | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}
