import type { PageStatus } from '../api.ts';
import { visible } from '../wording.ts';
import { number } from './format.ts';

interface Row {
  readonly reason: string;
  readonly count: number;
  readonly where: string;
  readonly examples: readonly string[];
}

/** What CrowdSec decided and is not blocked, and why. */
export function LeftOut({ status }: { readonly status: PageStatus }) {
  const rows: Row[] = Object.entries(status.stream.skipped).map(([reason, count]) => ({
    reason,
    count,
    where: 'decisions',
    examples: status.skippedExamples[reason] ?? [],
  }));
  for (const { name, skipped } of status.targets) {
    for (const [reason, count] of Object.entries(skipped)) rows.push({ reason, count, where: name, examples: [] });
  }
  return (
    <section class="card" aria-labelledby="left-out">
      <h2 id="left-out">Left out, and why</h2>
      {rows.length === 0 && <p class="soft">Nothing: every decision is enforced.</p>}
      {rows.length > 0 && (
        <dl>
          {rows.map(({ reason, count, where, examples }) => (
            <div class="fact" key={`${where} ${reason}`}>
              <dt>
                {visible(reason.replaceAll('-', ' '))}
                {where !== 'decisions' && <span class="soft">, {visible(where)}</span>}
                {examples.length > 0 && (
                  <span class="examples">
                    {examples.map(visible).join(', ')}
                    {count > examples.length && ' ...'}
                  </span>
                )}
              </dt>
              <dd>{number(count)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
