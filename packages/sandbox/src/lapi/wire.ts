import type { DecisionRow } from './decision-table.ts';
import type { GenerationTraits } from './generation.ts';
import { goDuration, goWholeSeconds } from './go-duration.ts';
import type { Pull } from './pull.ts';

/** Characters of one piece of a long answer. */
const pieceSize = 65_536;

/** The text of a stream answer, in pieces, so that 100,000 decisions never stand in memory as one text. */
export function* renderPull(pull: Pull, now: number, traits: GenerationTraits): Generator<string> {
  if (traits.newFirst) {
    yield '{"new": ';
    yield* renderRows(pull.added, now, traits);
    yield ', "deleted": ';
    yield* renderRows(pull.deleted, now, traits);
  } else {
    yield '{"deleted":';
    yield* renderRows(pull.deleted, now, traits);
    yield ',"new":';
    yield* renderRows(pull.added, now, traits);
  }
  yield '}';
}

/** The text of a list of decisions; `null` for none where the generation says so. */
export function* renderRows(rows: readonly DecisionRow[], now: number, traits: GenerationTraits): Generator<string> {
  if (rows.length === 0) {
    yield traits.nullArrays ? 'null' : '[]';
    return;
  }
  let piece = '[';
  let first = true;
  for (const row of rows) {
    piece += (first ? '' : ',') + renderRow(row, now, traits);
    first = false;
    if (piece.length < pieceSize) continue;
    yield piece;
    piece = '';
  }
  yield piece + ']';
}

/** One decision with LAPI's own order of keys. */
function renderRow(row: DecisionRow, now: number, traits: GenerationTraits): string {
  const left = row.until - now;
  return goJson({
    duration: traits.wholeSeconds ? goWholeSeconds(left) : goDuration(left, row.id % 1000),
    id: row.id,
    origin: row.origin,
    scenario: row.scenario,
    scope: row.scope,
    type: row.type,
    ...(traits.uuid && { uuid: uuidOf(row.id) }),
    value: row.value,
  });
}

/** JSON as Go writes it: `<`, `>` and `&` are escaped. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&]/g, (sign) => '\\u00' + sign.charCodeAt(0).toString(16));
}

function uuidOf(id: number): string {
  return `00000000-0000-4000-8000-${id.toString(16).padStart(12, '0')}`;
}
