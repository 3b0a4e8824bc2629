// usage: node tools/run-tests.ts [PROJECT ...]     runs the tests of all projects (or the named ones), two at a time, and
// ends with `N passed, N failed, N skipped`. Skipped and failed tests are named: none is passed over in silence.
// Each kind is tried twice: as its own image, and as a target of crowdsec-bouncer. The second time it is its column of the
// fault matrix, its lock-out suite and one way from LAPI to the device; any other file of an app runs that way by hand:
//     INSIDE=bouncer npx vitest run --config ../../vitest.config.ts test/check.test.ts     in the app's folder
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { kinds } from './kinds.ts';
import { matrixTable, readColumns } from './matrix-table.ts';
import { runTests } from './test-run.ts';
import type { TestRun } from './test-run.ts';

/** Most of the time is spent in waiting for processes and devices. */
const AT_ONCE = 2;
/** In there time runs faster, so they have the machine to themselves. */
const FAST_TIME = 'test/faults/faults-matrix.test.ts';
/** Nobody is locked out. */
const LOCKOUT = 'test/lockout.test.ts';
/** From LAPI to the device, by kind. */
const WAYS: Readonly<Partial<Record<string, string>>> = {
  firewall: 'test/packets.test.ts',
  haproxy: 'test/blocking.test.ts',
  mikrotik: 'test/e2e/user-command.test.ts',
  nginx: 'test/connector.test.ts',
  pfsense: 'test/e2e/real-lapi.test.ts',
  traefik: 'test/restart.test.ts',
};
/** Those that take longest begin. */
const LONGEST = ['docker', 'firewall', 'pfsense', 'mikrotik', 'nginx'];

const root = path.resolve(import.meta.dirname, '..');
const wanted = process.argv.slice(2);
const totals = { passed: 0, failed: [] as string[], skipped: [] as string[] };

const reports = await mkdtemp(path.join(os.tmpdir(), 'bouncer-tests-'));
const matrix = path.join(reports, 'fault-matrix');
const all = (await projects()).filter((each) => wanted.length === 0 || wanted.includes(path.basename(each)));
await runAll(
  all.map((project) => runOf(project, 'rest', ['--exclude', `**/${FAST_TIME}`])),
  AT_ONCE,
);
const apps = all.filter((project) => path.dirname(project) === path.join(root, 'apps'));
const inside = apps.filter((project) => path.basename(project) in kinds);
await runAll(
  inside.map((project) => {
    const way = WAYS[path.basename(project)];
    return runInside(project, 'rest', way === undefined ? [LOCKOUT] : [LOCKOUT, way]);
  }),
  AT_ONCE,
);
await runAll(
  [
    ...apps.map((project) => runOf(project, 'faults', [FAST_TIME])),
    ...inside.map((project) => runInside(project, 'faults', [FAST_TIME])),
  ],
  AT_ONCE,
);

const columns = await readColumns(matrix);
if (columns.length > 0) console.log(`fault matrix\n${matrixTable(columns)}`);
await rm(reports, { recursive: true });

for (const name of totals.skipped) console.log(`skipped: ${name}`);
for (const failure of totals.failed) console.log(`failed: ${failure}`);
console.log(`${totals.passed} passed, ${totals.failed.length} failed, ${totals.skipped.length} skipped`);
process.exitCode = totals.failed.length > 0 || totals.passed === 0 ? 1 : 0;

async function projects(): Promise<string[]> {
  const found = [path.join(root, 'docker'), path.join(root, 'tools')];
  for (const group of ['packages', 'apps']) {
    const names = await readdir(path.join(root, group));
    found.push(...names.map((name) => path.join(root, group, name)));
  }
  const place = (project: string): number => {
    const index = LONGEST.indexOf(path.basename(project));
    return index === -1 ? LONGEST.length : index;
  };
  return found.sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

function runOf(project: string, part: string, args: readonly string[]): TestRun {
  const env = {
    ...process.env,
    PATH: `${path.join(root, 'tools/one-at-a-time')}:${process.env['PATH'] ?? ''}`,
    FAULT_MATRIX: matrix,
  };
  return { root, project, args, report: path.join(reports, `${path.basename(project)}-${part}.json`), env };
}

/** The same tests, the kind being a target of crowdsec-bouncer. */
function runInside(project: string, part: string, args: readonly string[]): TestRun {
  const run = runOf(project, `${part}-inside`, args);
  return { ...run, env: { ...run.env, INSIDE: 'bouncer' } };
}

async function runAll(runs: readonly TestRun[], atOnce: number): Promise<void> {
  const waiting = [...runs];
  const lane = async (): Promise<void> => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      const { passed, failed, skipped, output } = await runTests(run);
      process.stdout.write(output);
      totals.passed += passed;
      totals.failed.push(...failed);
      totals.skipped.push(...skipped);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
