import type { PageTarget } from '../api.ts';
import { visible } from '../wording.ts';
import { shown } from './device.tsx';
import { ago, number } from './format.ts';
import { State } from './mark.tsx';

const order = { bad: 0, wait: 1, plain: 2, good: 3 } as const;

/** Many targets, a row for each; those in trouble come first, with what to do. */
export function DeviceTable({ targets, now }: { readonly targets: readonly PageTarget[]; readonly now: number }) {
  const sorted = [...targets].sort((left, right) => order[shown(left).mood] - order[shown(right).mood]);
  const half = Math.ceil(sorted.length / 2);
  return (
    <section class="card many" aria-labelledby="targets">
      <h2 id="targets">{number(targets.length)} targets</h2>
      <div class="halves" role="group" aria-label="Table of targets">
        <Half targets={sorted.slice(0, half)} now={now} />
        <Half targets={sorted.slice(half)} now={now} />
      </div>
    </section>
  );
}

/** Thirty of them are one screen in two halves, side by side where there is room. */
function Half({ targets, now }: { readonly targets: readonly PageTarget[]; readonly now: number }) {
  return (
    <table class="changes targets">
      <thead>
        <tr>
          <th scope="col">Target</th>
          <th scope="col">State</th>
          <th scope="col">Holds</th>
          <th scope="col" class="seen">
            Last seen
          </th>
        </tr>
      </thead>
      <tbody>
        {targets.map((target) => (
          <Row key={target.name} target={target} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ target, now }: { readonly target: PageTarget; readonly now: number }) {
  const { name, held, desired, lastError, concerns, lastSeenAt } = target;
  const { mood, word } = shown(target);
  const [concern] = concerns.filter(({ level }) => level !== 'unseen');
  const seen = lastError?.message ?? concern?.seen;
  const fix = lastError?.hint ?? concern?.fix ?? '';
  return (
    <tr>
      <td class="address">{visible(name)}</td>
      <td class="why">
        <State mood={mood}>{word}</State>
        {seen !== undefined && (
          <p class="soft">
            {visible(seen)} {fix !== '' && <b>To do:</b>} {visible(fix)}
          </p>
        )}
      </td>
      <td class="time">
        {number(held)} <span class="soft">of {number(desired)}</span>
      </td>
      <td class="time seen">{ago(lastSeenAt, now)}</td>
    </tr>
  );
}
