import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startedAs } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cell } from './cell.ts';
import { faultRows } from './fault-table.ts';
import type { FaultId } from './fault-table.ts';
import { LanePool } from './lane-pool.ts';
import type { LaneOptions } from './lane.ts';
import type { MatrixDevice } from './matrix-device.ts';
import { columnText, writeColumn } from './matrix-column.ts';
import type { Column } from './matrix-column.ts';

const run = promisify(execFile);
/** Milliseconds for one cell, in slow time as well; most take a few thousand. */
const CELL_TIMEOUT_MS = 600_000;
const root = path.resolve(import.meta.dirname, '../../../..');

/** One column of the matrix: a connector, its device, and what each fault is to it. */
export interface FaultMatrix<D extends MatrixDevice> extends Omit<LaneOptions<D>, 'bundle'> {
  /** For people. */
  readonly title: string;
  /** Why the device cannot be started here; undefined when it can. */
  readonly missing?: string | undefined;
  /** Processes side by side, each with a LAPI and a device of its own: most of the time they only wait. */
  readonly lanes: number;
  readonly cells: readonly Cell<D>[];
  /** Faults that cannot strike this connector, and why. */
  readonly notApplicable: Readonly<Partial<Record<FaultId, string>>>;
}

/** Defines one test for each fault. A fault that has neither a cell nor a reason is a failure. */
export function faultMatrix<D extends MatrixDevice>(matrix: FaultMatrix<D>): void {
  const { app, title, missing, lanes, cells, notApplicable } = matrix;
  const { program, place } = startedAs(app);
  const column: Column = { connector: `${app}${place}`, notApplicable, cells: {} };
  let folder = '';
  let pool: LanePool<D> | undefined;

  async function strike(cell: Cell<D>): Promise<void> {
    if (!pool) throw new Error('no lanes');
    try {
      column.cells[cell.fault] = await pool.strike(cell);
    } catch (error) {
      column.cells[cell.fault] = { failed: error instanceof Error ? error.message : String(error) };
      throw error;
    }
  }

  describe.skipIf(missing !== undefined)(`${title}${place} under every fault (${missing ?? 'ready'})`, () => {
    beforeAll(async () => {
      folder = await mkdtemp(path.join(os.tmpdir(), `faults-${app}-bundle-`));
      await run(process.execPath, [path.join(root, 'tools/build.ts'), program, folder], { cwd: root });
      pool = new LanePool({ ...matrix, bundle: path.join(folder, 'main.cjs') }, lanes);
    });

    afterAll(async () => {
      await pool?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
      process.stdout.write(columnText(column));
      await writeColumn(column);
    });

    it('no fault is passed over', () => {
      const known = new Set<FaultId>([
        ...cells.map(({ fault }) => fault),
        ...(Object.keys(notApplicable) as FaultId[]),
      ]);
      expect(faultRows.filter(({ id }) => !known.has(id))).toEqual([]);
      expect(cells.length + Object.keys(notApplicable).length).toBe(faultRows.length);
    });

    for (const cell of cells) {
      const test = cell.missing === undefined ? it.concurrent : it.concurrent.skip;
      test(nameOf(cell), () => strike(cell), CELL_TIMEOUT_MS);
    }
  });
}

function nameOf<D extends MatrixDevice>({ fault, missing }: Cell<D>): string {
  const row = faultRows.find(({ id }) => id === fault);
  return `${row?.group ?? ''}: ${row?.title ?? fault}${missing === undefined ? '' : ` (${missing})`}`;
}
