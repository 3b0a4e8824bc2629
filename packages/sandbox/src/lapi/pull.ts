import type { DecisionRow, DecisionTable } from './decision-table.ts';
import type { GenerationTraits } from './generation.ts';
import type { DecisionQuery } from './query.ts';

/** What one pull of the stream answers. */
export interface Pull {
  added: DecisionRow[];
  deleted: DecisionRow[];
}

/** Deletions are repeated this long, in milliseconds, before the last pull. */
const overlapMs = 2000;

/**
 * The rows of one pull at time `now`. Without `since` it is a full one: all live rows, and as deletions every row that
 * is over and not yet flushed. With it: rows created after it, and rows that ended in the last seconds before it or
 * later. Facts: crowdsec 1.4.6 as run, pkg/database/decisions.go as read.
 */
export function pullDecisions(
  table: DecisionTable,
  query: DecisionQuery,
  since: number | undefined,
  now: number,
  traits: GenerationTraits,
): Pull {
  const added: DecisionRow[] = [];
  const deleted: DecisionRow[] = [];
  for (const row of table.rows()) {
    const alive = row.until > now;
    if (since !== undefined && (alive ? row.createdAt <= since : row.until <= since - overlapMs)) continue;
    if (!query.matches(row)) continue;
    if (query.dedup && !table.isLongest(row)) continue;
    (alive ? added : deleted).push(row);
  }
  if (traits.order === 'expiry') {
    added.sort(byExpiry);
    deleted.sort(byExpiry);
  }
  if (traits.oneOfATie && query.dedup) return { added: firstOfEach(added), deleted: firstOfEach(deleted) };
  return { added, deleted };
}

/** 1.4 looks at the rows again before it sends them, and drops a value, scope and type that it has seen. */
function firstOfEach(rows: readonly DecisionRow[]): DecisionRow[] {
  const seen = new Set<string>();
  return rows.filter(({ value, scope, type }) => {
    const key = value + scope + type;
    return !seen.has(key) && seen.add(key);
  });
}

function byExpiry(left: DecisionRow, right: DecisionRow): number {
  return left.until - right.until || left.id - right.id;
}
