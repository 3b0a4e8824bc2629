import { originGroup, originGroups, type OriginGroup } from '@bouncer/stream/origin-group';
import type { PageHistory, PageSeries, PageStatus } from '../api.ts';

/** How far back the chart looks. */
export type Range = 'recent' | 'day';

/** Milliseconds of each range. */
export const rangeLength: Readonly<Record<Range, number>> = { recent: 30 * 60_000, day: 24 * 3600_000 };

/** Live points kept beside the history. */
const maxLivePoints = 600;

/** What the chart draws. */
export interface History extends PageHistory {
  readonly live: readonly LivePoint[];
}

/** The state at one moment, seen by this page. */
export interface LivePoint {
  readonly at: number;
  readonly groups: Readonly<Record<OriginGroup, number>>;
}

export const noHistory: History = { recent: emptySeries(), day: emptySeries(), live: [] };

/** Blocked networks by group of origins. */
export function groupsOf({ counts }: Pick<PageStatus, 'counts'>): Readonly<Record<OriginGroup, number>> {
  const groups = { local: 0, manual: 0, lists: 0, community: 0 };
  for (const { origin, count } of counts) groups[originGroup(origin)] += count;
  return groups;
}

/** The history with what is known now; equal neighbours are one step, so that an idle page does not grow. */
export function withPoint(history: History, status: PageStatus): History {
  const groups = groupsOf(status);
  const last = history.live.at(-1);
  if (last && originGroups.every((group) => last.groups[group] === groups[group])) return history;
  return { ...history, live: [...history.live, { at: status.now, groups }].slice(-maxLivePoints) };
}

/** Columns for the chart: times in seconds, then the wanted groups stacked, the last one on the bottom. */
export function stacked(history: History, range: Range, wanted: readonly OriginGroup[], now: number): number[][] {
  const series = history[range];
  const until = series.times.at(-1) ?? -Infinity;
  const live = history.live.filter(({ at }) => at > until);
  const times = [...series.times, ...live.map(({ at }) => at), now];
  const columns = wanted.map((group) => {
    const values = [...series.groups[group], ...live.map(({ groups }) => groups[group])];
    return [...values, history.live.at(-1)?.groups[group] ?? values.at(-1) ?? 0];
  });
  for (let index = columns.length - 2; index >= 0; index -= 1) {
    const below = columns[index + 1];
    columns[index] = columns[index]?.map((value, row) => value + (below?.[row] ?? 0)) ?? [];
  }
  return [times.map((at) => at / 1000), ...columns];
}

function emptySeries(): PageSeries {
  return { step: 0, times: [], groups: { local: [], manual: [], lists: [], community: [] }, ipv6: [] };
}
