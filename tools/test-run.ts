import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** One test of a report, as vitest's JSON reporter tells it. */
interface Assertion {
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled';
  readonly fullName: string;
  readonly failureMessages?: readonly string[];
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
  /** A line or a few for each: its name, and how it failed. */
  readonly failed: readonly string[];
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
  const totals = { passed: 0, failed: [] as string[], skipped: [] as string[] };
  for (const result of report?.testResults ?? []) {
    const file = path.relative(run.root, result.name);
    // A file that cannot be loaded has no assertions, and must not pass for that.
    if (result.status === 'failed' && result.assertionResults.length === 0) {
      totals.failed.push(`${file}${excerpt(result.message)}`);
    }
    for (const { status, fullName, failureMessages } of result.assertionResults) {
      if (status === 'passed') totals.passed += 1;
      else if (status === 'failed') totals.failed.push(`${file}: ${fullName}${excerpt(failureMessages?.[0])}`);
      else totals.skipped.push(`${name}: ${fullName}`);
    }
  }
  if (code === 0 || totals.failed.length > 0) return { ...totals, output };
  const failed = `${name}: the test run itself failed (exit ${code})${excerpt(outsideTests(output))}`;
  return { ...totals, failed: [failed], output: `${output}\n${failed}\n` };
}

/** What vitest says of an error that belongs to no test: in a hook of a whole file, or where nobody waited for it. */
function outsideTests(output: string): string {
  const plain = stripVTControlCharacters(output);
  const start = plain.search(/Unhandled|Uncaught|^ FAIL /m);
  return start === -1 ? plain.slice(-2000) : plain.slice(start);
}

/** Enough of a failure to know it again, since what is above may have been cut off by whoever keeps the log. */
function excerpt(message = ''): string {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => !line.includes('node_modules'))
    .slice(0, 12);
  return lines.map((line) => `\n    ${line.slice(0, 200)}`).join('');
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
