import type { ComponentChildren } from 'preact';
import type { PageError } from '../api.ts';
import { visible } from '../wording.ts';
import { ago, number } from './format.ts';

/** One fact of a list of facts. */
export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** An error with what to do about it. */
export function Trouble({ error, now }: { readonly error: PageError; readonly now: number }) {
  return (
    <div class="trouble">
      <p>
        {visible(error.message)} <span class="soft">{ago(error.at, now)}</span>
      </p>
      {error.hint !== '' && (
        <p>
          <b>To do:</b> {visible(error.hint)}
        </p>
      )}
    </div>
  );
}

/** A share of a whole, as a bar beside its numbers; the bar says nothing that the numbers do not. */
export function Bar({ part, whole, tone }: { readonly part: number; readonly whole: number; readonly tone: string }) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return (
    <span class="bar" aria-hidden="true">
      <span class={`fill ${tone}`} style={{ width: `${share * 100}%` }} />
    </span>
  );
}

/** Rows of a name, a bar and a count. */
export function Bars({ rows, caption }: { readonly rows: readonly BarRow[]; readonly caption: string }) {
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <table class="bars">
      <caption class="unseen">{caption}</caption>
      <colgroup>
        <col />
        <col class="counts" />
      </colgroup>
      <thead class="unseen">
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Networks</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, count, tone }) => (
          <tr key={name}>
            <th scope="row">
              <span class="name" title={visible(name)}>
                {visible(name)}
              </span>
              <Bar part={count} whole={most} tone={tone} />
            </th>
            <td>{number(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** One row of `Bars`. */
export interface BarRow {
  readonly name: string;
  readonly count: number;
  readonly tone: string;
}
