import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { originGroups, type OriginGroup } from '@bouncer/stream/origin-group';
import { groupNames } from './blocked.tsx';
import { chartOptions, watchScheme } from './chart-options.ts';
import { number, plural } from './format.ts';
import { rangeLength, stacked } from './series.ts';
import type { History, Range } from './series.ts';

const ranges: readonly { readonly range: Range; readonly word: string }[] = [
  { range: 'recent', word: '30 minutes' },
  { range: 'day', word: '24 hours' },
];

/** The chart shows no less than this, in seconds. */
const minSeconds = 120;

/** Blocked networks over time, by origin, stacked. A group can be looked at alone: ten local bans vanish beside 18,000. */
export function BlockedChart({ history, now }: { readonly history: History; readonly now: number }) {
  const [range, setRange] = useState<Range>('recent');
  const [only, setOnly] = useState<OriginGroup | 'all'>('all');
  const groups = only === 'all' ? originGroups : [only];
  const present = originGroups.filter((group) => hasAny(history, group));
  return (
    <section class="card chart" aria-labelledby="over-time">
      <div class="card-head">
        <h2 id="over-time">Blocked over time</h2>
        <Choice
          label="Range"
          options={ranges.map((each) => ({ value: each.range, word: each.word }))}
          value={range}
          onChange={setRange}
        />
      </div>
      <Plot history={history} range={range} groups={groups} now={now} />
      {present.length > 1 && (
        <Choice
          label="Origins"
          options={[
            { value: 'all' as const, word: 'All' },
            ...present.map((group) => ({ value: group, word: groupNames[group], tone: group })),
          ]}
          value={only}
          onChange={setOnly}
        />
      )}
    </section>
  );
}

interface PlotProps {
  readonly history: History;
  readonly range: Range;
  readonly groups: readonly OriginGroup[];
  readonly now: number;
}

function Plot({ history, range, groups, now }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [scheme, setScheme] = useState(0);
  const data = stacked(history, range, groups, now);
  const until = Math.round(now / 1000);
  useEffect(
    () =>
      watchScheme(() => {
        setScheme((count) => count + 1);
      }),
    [],
  );
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const made = new uPlot(chartOptions(groups, element), data as uPlot.AlignedData, element);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [groups.join(), scheme]);
  useEffect(() => {
    plot.current?.batch(() => {
      plot.current?.setData(data as uPlot.AlignedData, false);
      // A young connector has no half hour behind it yet.
      const first = Math.min(data[0]?.[0] ?? until, until - minSeconds);
      plot.current?.setScale('x', { min: Math.max(first, until - rangeLength[range] / 1000), max: until });
    });
  }, [history, range, until, groups.join(), scheme]);
  return <div class="plot" ref={box} role="img" aria-label={summary(data[1] ?? [], range)} />;
}

/** The chart in words. */
function summary(totals: readonly number[], range: Range): string {
  const [first = 0, last = 0] = [totals[0], totals.at(-1)];
  const word = range === 'recent' ? 'the last half hour' : 'the last day';
  const most = number(Math.max(0, ...totals));
  return `Blocked networks over ${word}: ${number(first)} at first, ${plural(last, 'network')} now, ${most} at most`;
}

function hasAny({ recent, day, live }: History, group: OriginGroup): boolean {
  return (
    live.some(({ groups }) => groups[group] > 0) ||
    [recent, day].some((series) => series.groups[group].some((count) => count > 0))
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly word: string; readonly tone?: string }[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** One of a few, as buttons in a row. */
function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => {
            onChange(option.value);
          }}
        >
          {option.tone !== undefined && <span class={`swatch ${option.tone}`} aria-hidden="true" />}
          {option.word}
        </button>
      ))}
    </div>
  );
}
