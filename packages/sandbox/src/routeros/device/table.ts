import type { Request } from '../protocol/request.ts';
import { traps } from '../protocol/trap.ts';
import { compileQuery } from './query.ts';

/** What a command answers with before its `!done`. */
export interface Answer {
  /** Attribute words of each `!re`, made as they are sent. */
  readonly rows?: Iterable<readonly string[]>;
  /** `=ret=` of the `!done`. */
  readonly ret?: string;
}

/** One menu's rows, for `print`, `getall` and `find`. */
export interface Table<Row> {
  /** Names in print order. */
  readonly properties: readonly string[];
  readonly size: number;
  /** Rows in print order; safe against changes while being walked. */
  rows(): Iterable<Row>;
  /** The row of an id (`*1A`); undefined when there is none. */
  find(id: string): Row | undefined;
  /** The printed value; undefined when this row does not have the property. */
  value(row: Row, property: string): string | undefined;
}

const PRINT_PARAMETERS = new Set(
  '.proplist .id from count-only detail stats brief terse value-list without-paging follow follow-only interval'.split(
    ' ',
  ),
);

/** `print` and `getall`. Throws the router's traps. */
export function printTable<Row>(table: Table<Row>, request: Request): Answer {
  checkParameters(request, PRINT_PARAMETERS);
  const matches = compileQuery(request.queries);
  const id = request.attributes.get('.id') ?? request.attributes.get('from');
  const rows = id === undefined ? table.rows() : rowsOf(table, id);
  if (request.attributes.has('count-only')) return { ret: String(count(table, rows, matches)) };
  const wanted = request.attributes.get('.proplist')?.split(',');
  const properties = wanted ? table.properties.filter((name) => wanted.includes(name)) : table.properties;
  return { rows: printRows(table, rows, matches, properties) };
}

/** `find`: all ids as one text. Over the API it takes no query. */
export function findRows<Row>(table: Table<Row>, request: Request): Answer {
  checkParameters(request, new Set());
  const ids: string[] = [];
  for (const row of table.rows()) ids.push(table.value(row, '.id') ?? '');
  return { ret: ids.join(';') };
}

/** Throws the trap for the first word or attribute that the command does not know. */
export function checkParameters(request: Request, known: ReadonlySet<string>): void {
  const name = request.command.slice(request.command.lastIndexOf('/') + 1);
  // Only print and getall take queries (manual). What the router says to others is not known; that it must not work is.
  const queries = name === 'print' || name === 'getall' ? [] : request.queries.map((query) => `?${query}`);
  for (const word of [...request.strange, ...queries]) throw traps.unknownParameter(word);
  for (const name of request.attributes.keys()) {
    if (!known.has(name)) throw traps.unknownParameter(name);
  }
}

/** The rows of `=.id=` or `=numbers=`: a comma list. Throws `no such item` or `missing =.id=`. */
export function idsOf(request: Request): readonly string[] {
  const text = request.attributes.get('.id') ?? request.attributes.get('numbers');
  if (text === undefined) throw traps.missing('.id');
  return text.split(',');
}

/** yes, no, true or false. Throws the router's trap. */
export function parseBoolean(name: string, text: string): boolean {
  if (text === 'yes' || text === 'true') return true;
  if (text === 'no' || text === 'false') return false;
  throw traps.noMatch(name);
}

/** A menu without changes: `print` and `getall` only, rows given as they are. */
export function fixedTable(
  properties: () => readonly string[],
  rows: () => readonly Readonly<Record<string, string>>[],
): Table<Readonly<Record<string, string>>> {
  return {
    get properties() {
      return properties();
    },
    get size() {
      return rows().length;
    },
    rows,
    find: (id) => rows().find((row) => row['.id'] === id),
    value: (row, property) => row[property],
  };
}

function rowsOf<Row>(table: Table<Row>, ids: string): Row[] {
  return ids.split(',').map((id) => {
    const row = table.find(id);
    if (!row) throw traps.noSuchItem();
    return row;
  });
}

type Matches = ReturnType<typeof compileQuery>;

function count<Row>(table: Table<Row>, rows: Iterable<Row>, matches: Matches): number {
  let total = 0;
  for (const row of rows) if (matches((name) => table.value(row, name))) total += 1;
  return total;
}

function* printRows<Row>(
  table: Table<Row>,
  rows: Iterable<Row>,
  matches: Matches,
  properties: readonly string[],
): Generator<readonly string[]> {
  for (const row of rows) {
    if (!matches((name) => table.value(row, name))) continue;
    const words: string[] = [];
    for (const name of properties) {
      const value = table.value(row, name);
      if (value !== undefined) words.push(`=${name}=${value}`);
    }
    yield words;
  }
}
