import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { faultRows } from './fault-table.ts';
import type { FaultId } from './fault-table.ts';
import type { CellFigures } from './run-cell.ts';

/** What came of one connector's cells. */
export interface Column {
  /** `nginx`, or `nginx in crowdsec-bouncer`. */
  readonly connector: string;
  readonly notApplicable: Readonly<Partial<Record<FaultId, string>>>;
  readonly cells: Partial<Record<FaultId, CellFigures | { readonly failed: string }>>;
}

/** One word for a cell; `?` when it was not run. */
export function cellText({ cells, notApplicable }: Column, fault: FaultId): string {
  const cell = cells[fault];
  if (cell) return 'failed' in cell ? 'FAILED' : 'ok';
  return notApplicable[fault] === undefined ? '?' : 'n/a';
}

/** The column as a table for people: recovery in seconds of the connector's own time, rates per minute of it. */
export function columnText(column: Column): string {
  const lines = faultRows.map(({ group, id, title }) => {
    const cell = column.cells[id];
    const figures =
      cell && !('failed' in cell)
        ? `right again after ${Math.round(cell.recoverySeconds)} s of ${cell.promisedSeconds} s at speed ${Math.round(cell.speed)}, ${cell.looks} looks, a minute ${cell.lapiPerMinute} at LAPI, ${cell.devicePerMinute} at the device`
        : (column.notApplicable[id] ?? '');
    return `  ${group.padEnd(8)} ${title.padEnd(45)} ${cellText(column, id).padEnd(7)} ${figures}`;
  });
  return `fault matrix, ${column.connector}\n${lines.join('\n')}\n`;
}

/** Writes the column to the folder FAULT_MATRIX, for tools/fault-matrix.ts; does nothing without it. */
export async function writeColumn(column: Column): Promise<void> {
  const folder = process.env['FAULT_MATRIX'];
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${column.connector.replaceAll(' ', '-')}.json`), JSON.stringify(column));
}
