// usage: node tools/run-tests.ts [PROJECT ...]     runs the tests of all projects (or the named ones), one after the
// other, and ends with `N passed, N failed, N skipped`. Skipped tests are named: none is passed over in silence.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { matrixTable, readColumns } from './matrix-table.ts';

interface Assertion {
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled';
  readonly fullName: string;
}
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly Assertion[];
  }[];
}

const root = path.resolve(import.meta.dirname, '..');
const config = path.join(root, 'vitest.config.ts');
const wanted = process.argv.slice(2);
const totals = { passed: 0, failed: 0, skipped: [] as string[] };

const reports = await mkdtemp(path.join(os.tmpdir(), 'bouncer-tests-'));
for (const project of await projects()) {
  if (wanted.length > 0 && !wanted.includes(path.basename(project))) continue;
  const file = path.join(reports, `${path.basename(project)}.json`);
  const code = await vitest(project, file);
  await count(project, file, code);
}
const columns = await readColumns(path.join(reports, 'fault-matrix'));
if (columns.length > 0) console.log(`fault matrix\n${matrixTable(columns)}`);
await rm(reports, { recursive: true });

for (const name of totals.skipped) console.log(`skipped: ${name}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;

async function projects(): Promise<string[]> {
  const found: string[] = [];
  for (const group of ['packages', 'apps']) {
    const names = await readdir(path.join(root, group));
    found.push(...names.sort().map((name) => path.join(root, group, name)));
  }
  found.push(path.join(root, 'tools'), path.join(root, 'docker'));
  return found;
}

function vitest(project: string, file: string): Promise<number> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const child = spawn('vitest', ['run', '--config', config, '--passWithNoTests', '--root', project, ...reporters], {
    cwd: project,
    env: { ...process.env, FAULT_MATRIX: path.join(reports, 'fault-matrix') },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

async function count(project: string, file: string, code: number): Promise<void> {
  const name = path.relative(root, project);
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => undefined,
  );
  const failedBefore = totals.failed;
  for (const result of report?.testResults ?? []) {
    // A file that cannot be loaded has no assertions, and must not pass for that.
    if (result.status === 'failed' && result.assertionResults.length === 0) totals.failed += 1;
    for (const assertion of result.assertionResults) tally(name, assertion);
  }
  if (code !== 0 && totals.failed === failedBefore) {
    console.error(`${name}: the test run itself failed (exit ${code})`);
    totals.failed += 1;
  }
}

function tally(project: string, assertion: Assertion): void {
  if (assertion.status === 'passed') totals.passed += 1;
  else if (assertion.status === 'failed') totals.failed += 1;
  else totals.skipped.push(`${project}: ${assertion.fullName}`);
}
