import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { cellText, faultRows, type Column } from '@bouncer/testkit';

/** Figures of all cells of a column that were tried. Seconds and minutes are the connector's own. */
export interface ColumnFigures {
  readonly tried: number;
  readonly failed: number;
  readonly notApplicable: number;
  /** Neither tried nor given a reason. */
  readonly empty: number;
  readonly looks: number;
  readonly longestRecovery: number;
  /** The largest share of the time promised for a recovery, and granted to the machine, that was used up. */
  readonly largestShare: number;
  /** Too late at first, and in time when tried again in slower time. */
  readonly slower: number;
  readonly lapiPerMinute: number;
  readonly devicePerMinute: number;
}

/** The columns that test runs have left in a folder, by name: `nginx`, then `nginx in crowdsec-bouncer`. */
export async function readColumns(folder: string): Promise<Column[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = names.map((name) => readFile(path.join(folder, name), 'utf8'));
  const columns = (await Promise.all(texts)).map((text) => JSON.parse(text) as Column);
  return columns.sort((a, b) => (a.connector < b.connector ? -1 : 1));
}

/** Faults by connectors, as a Markdown table. */
export function matrixTable(columns: readonly Column[]): string {
  const rows = faultRows.map(({ group, id, title }) => [group, title, ...columns.map((one) => cellText(one, id))]);
  return markdown(['where', 'fault', ...columns.map(({ connector }) => connector)], rows);
}

/** What was measured, as a Markdown table: one row for each connector. */
export function figuresTable(columns: readonly Column[]): string {
  const head = ['connector', 'faults tried', 'failed', 'n/a', 'tried again, slower', 'looks at the device'];
  const rows = columns.map((column) => {
    const { tried, failed, notApplicable, slower, looks, longestRecovery, largestShare, ...rates } = figuresOf(column);
    const recovery = [`${Math.round(longestRecovery)} s`, `${Math.round(100 * largestShare)} %`];
    const numbers = [tried, failed, notApplicable, slower, looks, ...recovery];
    return [column.connector, ...numbers.map(String), String(rates.lapiPerMinute), String(rates.devicePerMinute)];
  });
  return markdown(
    [...head, 'right again after at most', 'of its time at most', 'most requests a minute at LAPI', 'at the device'],
    rows,
  );
}

export function figuresOf({ cells, notApplicable }: Column): ColumnFigures {
  const all = Object.values(cells);
  const sound = all.flatMap((cell) => ('failed' in cell ? [] : [cell]));
  const most = (values: readonly number[]): number => Math.max(0, ...values);
  const excused = Object.keys(notApplicable).length;
  return {
    tried: all.length,
    failed: all.length - sound.length,
    notApplicable: excused,
    empty: faultRows.length - all.length - excused,
    looks: sound.reduce((sum, { looks }) => sum + looks, 0),
    largestShare: most(sound.map((cell) => cell.recoverySeconds / (cell.promisedSeconds + cell.grantedSeconds))),
    slower: sound.filter(({ speed }) => speed < most(sound.map((cell) => cell.speed))).length,
    longestRecovery: most(sound.map(({ recoverySeconds }) => recoverySeconds)),
    lapiPerMinute: most(sound.map((cell) => cell.lapiPerMinute)),
    devicePerMinute: most(sound.map((cell) => cell.devicePerMinute)),
  };
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}
