import { originGroup, originGroups } from '@bouncer/stream';
import type { PageHistory, PageSeries } from '@bouncer/status-page';
import type { OriginCount } from '@bouncer/stream';

/** Time in milliseconds, one column for each group of origins, IPv6. */
const columns = 2 + originGroups.length;
/** Ten seconds over half an hour, two minutes over a day: 180 and 720 rows of six numbers, 43 kB. */
const recentStepMs = 10_000;
const recentRows = 180;
const dayStepMs = 120_000;
const dayRows = 720;

/** How many networks were blocked, over half an hour in detail and over a day: rings of fixed size. */
export class BlockHistory {
  readonly #recent = new Ring(recentStepMs, recentRows);
  readonly #day = new Ring(dayStepMs, dayRows);

  /** Takes a sample where one is due. `now` in wall-clock milliseconds; `counts` is asked for only then. */
  sample(now: number, counts: () => readonly OriginCount[]): void {
    const [recent, day] = [this.#recent.isDue(now), this.#day.isDue(now)];
    if (!recent && !day) return;
    const row = rowOf(now, counts());
    if (recent) this.#recent.add(row);
    if (day) this.#day.add(row);
  }

  /** Takes what an earlier process sampled. What lies ahead of `now`, by a clock that was set back, is left out. */
  restore({ recent, day }: PageHistory, now: number): void {
    this.#recent.restore(recent, now);
    this.#day.restore(day, now);
  }

  toJSON(): PageHistory {
    return { recent: this.#recent.series(), day: this.#day.series() };
  }
}

function rowOf(now: number, counts: readonly OriginCount[]): readonly number[] {
  const row = Array.from({ length: columns }, () => 0);
  row[0] = now;
  for (const { origin, family, count } of counts) {
    const column = 1 + originGroups.indexOf(originGroup(origin));
    row[column] = (row[column] ?? 0) + count;
    if (family === 6) row[columns - 1] = (row[columns - 1] ?? 0) + count;
  }
  return row;
}

class Ring {
  readonly #step: number;
  readonly #rows: number;
  readonly #numbers: Float64Array;
  #count = 0;
  #lastAt = -Infinity;

  constructor(step: number, rows: number) {
    this.#step = step;
    this.#rows = rows;
    this.#numbers = new Float64Array(rows * columns);
  }

  isDue(now: number): boolean {
    return now - this.#lastAt >= this.#step - 500 || now < this.#lastAt;
  }

  add(row: readonly number[]): void {
    const at = row[0] ?? 0;
    // The clock was set back: what was sampled lies in the future now.
    if (at < this.#lastAt) this.#count = 0;
    this.#lastAt = at;
    this.#numbers.set(row, (this.#count % this.#rows) * columns);
    this.#count += 1;
  }

  restore({ times, groups, ipv6 }: PageSeries, now: number): void {
    for (const [index, at] of times.entries()) {
      if (!Number.isFinite(at) || at > now || at <= this.#lastAt) continue;
      const row = [at, ...originGroups.map((group) => groups[group][index] ?? 0), ipv6[index] ?? 0];
      if (row.every((value) => Number.isFinite(value))) this.add(row);
    }
  }

  series(): PageSeries {
    const column = (index: number): number[] =>
      Array.from(
        { length: Math.min(this.#count, this.#rows) },
        (_, age) => this.#numbers[((Math.max(0, this.#count - this.#rows) + age) % this.#rows) * columns + index] ?? 0,
      );
    const [local, manual, lists, community] = originGroups.map((_, index) => column(1 + index));
    return {
      step: this.#step,
      times: column(0),
      groups: { local: local ?? [], manual: manual ?? [], lists: lists ?? [], community: community ?? [] },
      ipv6: column(columns - 1),
    };
  }
}
