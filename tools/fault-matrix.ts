// usage: node tools/fault-matrix.ts     strikes every connector with every fault (one test file each, a few minutes), prints
// the table and writes docs/fault-matrix.md (not with --print). Exit 1 when a cell failed or is empty; then the document stays as it was.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { faultRows, type Column } from '@bouncer/testkit';
import { format } from 'prettier';
import { kinds } from './kinds.ts';
import { figuresOf, figuresTable, matrixTable, readColumns } from './matrix-table.ts';

const root = path.resolve(import.meta.dirname, '..');
const document = path.join(root, 'docs/fault-matrix.md');
const mark = '<!-- Everything below is written by tools/fault-matrix.ts -->';
const connectors = Object.keys(kinds).filter((name) => existsSync(path.join(root, 'apps', name, 'test/faults')));

const folder = await mkdtemp(path.join(os.tmpdir(), 'fault-matrix-'));
for (const connector of connectors) await suite(connector);
const columns = await readColumns(folder);
await rm(folder, { recursive: true });

console.log(matrixTable(columns));
console.log(figuresTable(columns));
const figures = columns.map(figuresOf);
const isWhole = columns.length === connectors.length && figures.every(({ failed, empty }) => failed + empty === 0);
if (!isWhole) process.exitCode = 1;
else if (!process.argv.includes('--print')) await write(columns);

function suite(connector: string): Promise<void> {
  const child = spawn('vitest', ['run', '--config', path.join(root, 'vitest.config.ts'), 'test/faults'], {
    cwd: path.join(root, 'apps', connector),
    env: { ...process.env, FAULT_MATRIX: folder },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      resolve();
    });
  });
}

async function write(measured: readonly Column[]): Promise<void> {
  const [head = ''] = (await readFile(document, 'utf8')).split(mark);
  const tried = figures.reduce((sum, one) => sum + one.tried, 0);
  const text = `${head}${mark}

${tried} cells tried, none failed, none empty.

${matrixTable(measured)}
${figuresTable(measured)}
## Why not

${reasons(measured)}`;
  await writeFile(document, await format(text, { parser: 'markdown', printWidth: 120 }));
}

function reasons(measured: readonly Column[]): string {
  const title = new Map<string, string>(faultRows.map((row) => [row.id, row.title]));
  const lines = measured.flatMap(({ connector, notApplicable }) =>
    Object.entries(notApplicable).map(([fault, reason]) => `- ${connector}, ${title.get(fault) ?? fault}: ${reason}`),
  );
  return `${lines.join('\n')}\n`;
}
