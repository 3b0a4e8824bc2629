import uPlot from 'uplot';
import type { OriginGroup } from '../api.ts';
import { compact } from './format.ts';

const height = 240;

/** How the chart of these groups looks, in the colours of the page as it is now. */
export function chartOptions(groups: readonly OriginGroup[], width: number): uPlot.Options {
  const [ink, line] = [colour('soft'), colour('line')];
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: ink, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
  // Counts stand until they change: steps tell the truth, slopes would not.
  const paths = uPlot.paths.stepped?.({ align: 1 });
  return {
    width: Math.max(200, width),
    height,
    padding: [12, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true, auto: false }, y: { range: (_, min, max) => yRange(min, max, groups.length) } },
    axes: [
      { ...axis, grid: { show: false }, values: '{HH}:{mm}', space: 70 },
      { ...axis, size: 52, values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? compact(value) : '')) },
    ],
    series: [
      {},
      ...groups.map((group) => ({
        stroke: colour(group),
        fill: colour(`${group}-fill`),
        width: 1.5,
        points: { show: false },
        ...(paths && { paths }),
      })),
    ],
  };
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
