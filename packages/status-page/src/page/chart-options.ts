import uPlot from 'uplot';
import type { OriginGroup } from '@bouncer/stream/origin-group';
import { compact, timeOfDay } from './format.ts';

/** How the chart of these groups looks in this box, in the colours of the page as it is now. */
export function chartOptions(groups: readonly OriginGroup[], box: HTMLElement): uPlot.Options {
  const [ink, line] = [colour('soft'), colour('line')];
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: ink, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
  // Counts stand until they change: steps tell the truth, slopes would not.
  const paths = uPlot.paths.stepped?.({ align: 1 });
  return {
    width: box.clientWidth,
    height: box.clientHeight,
    padding: [12, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true, auto: false }, y: { range: (_, min, max) => yRange(min, max, groups.length) } },
    axes: [
      { ...axis, grid: { show: false }, values: timeLabels, space: 76 },
      {
        ...axis,
        size: 52,
        space: 44,
        values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? compact(value) : '')),
      },
    ],
    bands: groups.slice(0, -1).map((group, index) => ({
      series: [index + 1, index + 2],
      fill: colour(`${group}-fill`),
    })),
    series: [
      {},
      ...groups.map((group, index) => ({
        stroke: colour(group),
        // Each layer ends where the next one begins, but the lowest.
        ...(index === groups.length - 1 && { fill: colour(`${group}-fill`) }),
        width: 1.5,
        points: { show: false },
        ...(paths && { paths }),
      })),
    ],
  };
}

/** Seconds only where minutes alone would say the same thing several times. */
function timeLabels(_: uPlot, splits: number[]): string[] {
  const isClose = (splits[1] ?? Infinity) - (splits[0] ?? 0) < 60;
  return splits.map((at) => timeOfDay(at * 1000).slice(0, isClose ? 8 : 5));
}

/** From zero where the whole is shown; around the values where one group is looked at alone, so that its changes show. */
function yRange(min: number, max: number, groups: number): uPlot.Range.MinMax {
  if (groups > 1) return [0, Math.max(4, max * 1.15)];
  const room = Math.max(2, (max - min) * 0.25);
  return [Math.max(0, Math.floor(min - room)), Math.ceil(max + room)];
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Calls back when the page turns light or dark. Returns how to stop that. */
export function watchScheme(onChange: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', onChange);
  return () => {
    query.removeEventListener('change', onChange);
  };
}
