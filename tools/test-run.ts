import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** One test of a report, as vitest's JSON reporter tells it. */
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

/** What came of a run. */
export interface RunTotals {
  readonly passed: number;
  readonly failed: number;
  /** Names of tests. */
  readonly skipped: readonly string[];
  /** What vitest printed. */
  readonly output: string;
}

/** A run of vitest over one project. */
export interface TestRun {
  readonly root: string;
  /** Folder of the project. */
  readonly project: string;
  /** Arguments for vitest: files to run or to leave out. */
  readonly args: readonly string[];
  /** Where the report goes. */
  readonly report: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs it and counts. Its output is given in one piece, since another one may run beside it. */
export async function runTests(run: TestRun): Promise<RunTotals> {
  const { code, output } = await vitest(run);
  const name = path.relative(run.root, run.project);
  const report = await readFile(run.report, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => undefined,
  );
  const totals = { passed: 0, failed: 0, skipped: [] as string[] };
  for (const result of report?.testResults ?? []) {
    // A file that cannot be loaded has no assertions, and must not pass for that.
    if (result.status === 'failed' && result.assertionResults.length === 0) totals.failed += 1;
    for (const { status, fullName } of result.assertionResults) {
      if (status === 'passed') totals.passed += 1;
      else if (status === 'failed') totals.failed += 1;
      else totals.skipped.push(`${name}: ${fullName}`);
    }
  }
  if (code === 0 || totals.failed > 0) return { ...totals, output };
  return { ...totals, failed: 1, output: `${output}\n${name}: the test run itself failed (exit ${code})\n` };
}

function vitest({ root, project, args, report, env }: TestRun): Promise<{ code: number; output: string }> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const config = path.join(root, 'vitest.config.ts');
  const all = ['run', '--config', config, '--passWithNoTests', '--root', project, ...reporters, ...args];
  const child = spawn('vitest', all, { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const pieces: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output: Buffer.concat(pieces).toString() });
    });
  });
}
