import type { OriginCount } from '@bouncer/stream';
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

/** What was dropped between two readings, device by device. A counter that went back began anew with the device. */
export function dropItems(before: Drops, after: Drops): UsageItem[] {
  const sums = new Map<
    string,
    { labels: Record<string, string>; packets: number; bytes: number; requests: number; processed: number }
  >();
  for (const [target, counters] of after) {
    const earlier = before.get(target);
    // A device seen for the first time brings a past that is not ours to report.
    if (!earlier) continue;
    for (const { family, origin, packets, bytes, requests = 0, processed = 0, appsec } of counters) {
      // CrowdSec has no word for it but the refusals, which have a row of their own.
      if (appsec) continue;
      const then = earlier.find((each) => each.family === family && each.origin === origin && !each.appsec);
      const labels = { ...(origin !== undefined && { origin }), ...(family && { ip_type: `ipv${family}` }) };
      const key = JSON.stringify(labels);
      const sum = sums.get(key) ?? { labels, packets: 0, bytes: 0, requests: 0, processed: 0 };
      sum.packets += growth(then?.packets ?? 0, packets);
      sum.bytes += growth(then?.bytes ?? 0, bytes);
      sum.requests += growth(then?.requests ?? 0, requests);
      sum.processed += growth(then?.processed ?? 0, processed);
      sums.set(key, sum);
    }
  }
  return [...sums.values()].flatMap(({ labels, packets, bytes, requests, processed }): UsageItem[] => [
    ...(packets > 0 ? [{ name: 'dropped', value: packets, unit: 'packet', labels } as const] : []),
    ...(bytes > 0 ? [{ name: 'dropped', value: bytes, unit: 'byte', labels } as const] : []),
    ...(requests > 0 ? [{ name: 'dropped', value: requests, unit: 'request', labels } as const] : []),
    ...(processed > 0 ? [{ name: 'processed', value: processed, unit: 'request', labels } as const] : []),
  ]);
}

function growth(before: number, after: number): number {
  return after >= before ? after - before : after;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
