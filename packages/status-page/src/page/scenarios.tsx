import type { PageStatus } from '../api.ts';
import { Bars } from './parts.tsx';

/** Rows shown; the rest is one row. */
const maxRows = 9;

/** Why networks are to be blocked: the scenarios and lists that ask for the most. */
export function Scenarios({ status }: { readonly status: PageStatus }) {
  const named = status.scenarios.slice(0, maxRows);
  const rest = status.wanted - named.reduce((sum, { count }) => sum + count, 0);
  const rows = named.map(({ scenario, count }) => ({ name: scenario || 'no reason given', count, tone: 'ink' }));
  return (
    <section class="card" aria-labelledby="scenarios">
      <h2 id="scenarios">By scenario</h2>
      {rows.length === 0 && <p class="soft">Nothing is to be blocked.</p>}
      {rows.length > 0 && (
        <Bars
          caption="Networks to block, by scenario"
          rows={rest > 0 ? [...rows, { name: 'all others', count: rest, tone: 'faint' }] : rows}
        />
      )}
    </section>
  );
}
