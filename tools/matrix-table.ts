import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { cellText, faultRows, type Column } from '@bouncer/sandbox';

/** Figures of all cells of a column that were tried. Seconds and minutes are the connector's own. */
export interface ColumnFigures {
  readonly tried: number;
  readonly failed: number;
  readonly notApplicable: number;
  /** Neither tried nor given a reason. */
  readonly empty: number;
  readonly looks: number;
  readonly longestRecovery: number;
  readonly lapiPerMinute: number;
  readonly devicePerMinute: number;
}

/** The columns that test runs have left in a folder, in the order of their names. */
export async function readColumns(folder: string): Promise<Column[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = names.sort().map((name) => readFile(path.join(folder, name), 'utf8'));
  return (await Promise.all(texts)).map((text) => JSON.parse(text) as Column);
}

/** Faults by connectors, as a Markdown table. */
export function matrixTable(columns: readonly Column[]): string {
  const rows = faultRows.map(({ group, id, title }) => [group, title, ...columns.map((one) => cellText(one, id))]);
  return markdown(['where', 'fault', ...columns.map(({ connector }) => connector)], rows);
}

/** What was measured, as a Markdown table: one row for each connector. */
export function figuresTable(columns: readonly Column[]): string {
  const head = ['connector', 'faults tried', 'failed', 'n/a', 'looks at the device', 'right again after at most'];
  const rows = columns.map((column) => {
    const { tried, failed, notApplicable, looks, longestRecovery, lapiPerMinute, devicePerMinute } = figuresOf(column);
    const numbers = [tried, failed, notApplicable, looks, `${Math.round(longestRecovery)} s`];
    return [column.connector, ...numbers.map(String), String(lapiPerMinute), String(devicePerMinute)];
  });
  return markdown([...head, 'most requests a minute at LAPI', 'at the device'], rows);
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
    longestRecovery: most(sound.map(({ recoverySeconds }) => recoverySeconds)),
    lapiPerMinute: most(sound.map((cell) => cell.lapiPerMinute)),
    devicePerMinute: most(sound.map((cell) => cell.devicePerMinute)),
  };
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${lines.join('\n')}\n`;
}
