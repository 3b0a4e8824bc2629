import type { OriginCount } from '@bouncer/stream';
import type { DropCounters } from '@bouncer/target';
import type { Drops } from '../metrics/drop-watch.ts';

/** One number of a usage report. Labels are texts: LAPI's swagger takes nothing else. */
export interface UsageItem {
  readonly name: 'active_decisions' | 'dropped' | 'processed';
  readonly value: number;
  readonly unit: 'ip' | 'packet' | 'byte' | 'request';
  readonly labels: Readonly<Record<string, string>>;
}

/** What a report is about. Times are wall-clock milliseconds. */
export interface UsageWindow {
  readonly type: string;
  readonly version: string;
  readonly startedAt: number;
  readonly lastPullAt?: number | undefined;
  /** End of the window before. */
  readonly since: number;
  readonly now: number;
}

/**
 * The body of POST /v1/usage-metrics as Go binds it: `metrics` and `feature_flags` are arrays, times are whole seconds.
 * Source: crowdsec swagger, usagemetrics.go of v1.7.8; the page of the documentation shows `metrics` as an object.
 */
export function usageBody(window: UsageWindow, items: readonly UsageItem[]): object {
  const { type, version, startedAt, lastPullAt, since, now } = window;
  return {
    remediation_components: [
      {
        type,
        version: `v${version}`,
        feature_flags: [],
        utc_startup_timestamp: seconds(startedAt),
        ...(lastPullAt !== undefined && { last_pull: seconds(lastPullAt) }),
        metrics: [
          { meta: { window_size_seconds: Math.max(1, seconds(now - since)), utc_now_timestamp: seconds(now) }, items },
        ],
      },
    ],
  };
}

/**
 * How many networks are blocked now, by origin and family. An origin that was told `before` and has none left is told
 * as 0: `cscli metrics` adds up the last word on each origin, however old that is. Source: statbouncer.go of v1.7.8.
 */
export function activeItems(counts: readonly OriginCount[], before: readonly UsageItem[] = []): UsageItem[] {
  const now = counts.map(({ origin, family, count }) => active({ origin, ip_type: `ipv${family}` }, count));
  const key = ({ labels }: UsageItem): string => JSON.stringify(labels);
  const there = new Set(now.map(key));
  const gone = before.filter((item) => item.value > 0 && !there.has(key(item)));
  return [...now, ...gone.map(({ labels }) => active(labels, 0))];
}

function active(labels: UsageItem['labels'], value: number): UsageItem {
  return { name: 'active_decisions', value, unit: 'ip', labels };
}

/** What has grown of one origin and family, by field. */
interface Grown {
  readonly labels: Record<string, string>;
  readonly grown: Record<string, number>;
}

/** What was dropped between two readings, device by device. A counter that went back began anew with the device. */
export function dropItems(before: Drops, after: Drops): UsageItem[] {
  const sums = new Map<string, Grown>();
  for (const [target, counters] of after) {
    const earlier = before.get(target);
    // A device seen for the first time brings a past that is not ours to report.
    if (!earlier) continue;
    for (const now of counters) {
      const { family, origin } = now;
      // CrowdSec has no word for it but the refusals, which have a row of their own.
      if (now.appsec) continue;
      const isSame = (each: DropCounters): boolean =>
        !each.appsec &&
        each.family === family &&
        each.origin === origin &&
        'processedPackets' in each === 'processedPackets' in now;
      const then = earlier.find(isSame);
      const labels = { ...(origin !== undefined && { origin }), ...(family && { ip_type: `ipv${family}` }) };
      const key = JSON.stringify(labels);
      const sum: Grown = sums.get(key) ?? { labels, grown: {} };
      for (const { field } of ITEMS)
        sum.grown[field] = (sum.grown[field] ?? 0) + growth(then?.[field] ?? 0, now[field] ?? 0);
      sums.set(key, sum);
    }
  }
  return [...sums.values()].flatMap(({ labels, grown }) =>
    ITEMS.flatMap(({ name, unit, field }): UsageItem[] => {
      const value = grown[field] ?? 0;
      return value > 0 ? [{ name, value, unit, labels }] : [];
    }),
  );
}

/** What is counted, and what LAPI calls it. */
const ITEMS = [
  { name: 'dropped', unit: 'packet', field: 'packets' },
  { name: 'dropped', unit: 'byte', field: 'bytes' },
  { name: 'dropped', unit: 'request', field: 'requests' },
  { name: 'processed', unit: 'request', field: 'processed' },
  { name: 'processed', unit: 'packet', field: 'processedPackets' },
  { name: 'processed', unit: 'byte', field: 'processedBytes' },
] as const satisfies readonly (Pick<UsageItem, 'name' | 'unit'> & { readonly field: keyof DropCounters })[];

function growth(before: number, after: number): number {
  return after >= before ? after - before : after;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
