// usage: node tools/mutate.ts [PART ...]     mutation run of the pure core (see docs/testing.md), in a checkout of HEAD of its own
//
// Stryker is heavy and asked for rarely, so it is no dependency: it is installed into .cache/stryker at the first run. It has to
// use this project's vitest. Each part runs the tests beside its code alone; prints the survivors and ends with a table.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const VERSION = '10.1.1';
const root = path.resolve(import.meta.dirname, '..');
const home = path.join(root, '.cache/stryker');

/** Files of one project, and the tests that have to notice when one of them is wrong. */
interface Part {
  readonly project: string;
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

const parts: Readonly<Record<string, Part>> = {
  stream: {
    project: 'packages/stream',
    mutate: ['src/decisions/{decision-set,merged-entry,expiry-queue}.ts', 'src/removal-guard.ts'],
    tests: [
      'src/decisions/{decision-set,decision-set.property,expiry-queue,provenance}.test.ts',
      'src/removal-guard.test.ts',
    ],
  },
  engine: { project: 'packages/engine', mutate: ['src/{plan,over-cap,desired}.ts'], tests: ['src/*.test.ts'] },
  nftables: {
    project: 'apps/firewall',
    mutate: ['src/nftables/{script,segments,segment-text,transaction,parts}.ts'],
    tests: ['src/nftables/*.test.ts'],
  },
  lua: { project: 'apps/nginx', mutate: ['src/lua/lua-text.ts'], tests: ['src/lua/*.test.ts'] },
  'walk-mikrotik': {
    project: 'apps/mikrotik',
    mutate: ['src/firewall/{walk,condition,box,verdict}.ts'],
    tests: ['src/firewall/*.test.ts'],
  },
  'walk-firewall': {
    project: 'apps/firewall',
    mutate: ['src/walk/*.ts', '!**/*.test.ts'],
    tests: ['src/walk/*.test.ts'],
  },
  'walk-pfsense': { project: 'apps/pfsense', mutate: ['src/rules/{walk,verdict}.ts'], tests: ['src/rules/*.test.ts'] },
};

interface Report {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: string;
        readonly mutants: readonly {
          readonly status: string;
          readonly mutatorName: string;
          readonly replacement?: string;
          readonly location: {
            readonly start: { readonly line: number; readonly column: number };
            readonly end: { readonly line: number; readonly column: number };
          };
        }[];
      }
    >
  >;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0)
  throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
install();
const checkout = path.join(mkdtempSync(path.join(tmpdir(), 'bouncer-mutants-')), 'checkout');
git('worktree', 'add', '--quiet', '--detach', checkout, 'HEAD');
const rows: string[] = [];
try {
  for (const place of [
    '.',
    ...git('ls-files', '**/package.json')
      .split('\n')
      .map((file) => path.dirname(file)),
  ]) {
    const modules = path.join(root, place, 'node_modules');
    if (existsSync(modules)) symlinkSync(modules, path.join(checkout, place, 'node_modules'));
  }
  for (const [name, part] of Object.entries(parts)) {
    if (wanted.length === 0 || wanted.includes(name)) tell(part, mutated(part));
  }
} finally {
  git('worktree', 'remove', '--force', checkout);
  rmSync(path.dirname(checkout), { recursive: true });
}
console.log(
  `| file | killed | of these by time | mutants | score |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}`,
);

/** Stryker, and in the place of its own vitest that of this project. */
function install(): void {
  if (existsSync(path.join(home, 'node_modules/vitest'))) return;
  mkdirSync(home, { recursive: true });
  writeFileSync(path.join(home, 'package.json'), '{"private":true}\n');
  const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}@${VERSION}`);
  const args = ['install', '--no-audit', '--no-fund', '--legacy-peer-deps', ...packages];
  execFileSync('npm', args, { cwd: home, stdio: 'inherit' });
  symlinkSync(path.join(root, 'node_modules/vitest'), path.join(home, 'node_modules/vitest'));
}

function mutated({ project, mutate, tests }: Part): Report {
  const cwd = path.join(checkout, project);
  const config = path.join(cwd, 'mutation.config.mjs');
  const test = { include: tests, isolate: false, testTimeout: 60_000 };
  writeFileSync(config, `export default ${JSON.stringify({ test })};\n`);
  const options = {
    testRunner: 'vitest',
    plugins: [path.join(home, 'node_modules/@stryker-mutator/vitest-runner/dist/src/index.js')],
    mutate,
    vitest: { configFile: config },
    inPlace: true,
    concurrency: 2,
    timeoutMS: 15_000,
    reporters: ['json'],
    jsonReporter: { fileName: 'mutation.json' },
    allowConsoleColors: false,
  };
  writeFileSync(path.join(cwd, 'stryker.config.json'), JSON.stringify(options));
  const program = path.join(home, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const { status, stdout } = spawnSync(process.execPath, [program, 'run'], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1024 ** 3,
  });
  if (status !== 0) throw new Error(`Stryker ended with ${String(status)} in ${project}:\n${stdout.slice(-3000)}`);
  return JSON.parse(readFileSync(path.join(cwd, 'mutation.json'), 'utf8')) as Report;
}

function tell({ project }: Part, report: Report): void {
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    const counted = mutants.filter(({ status }) => !['Ignored', 'CompileError', 'RuntimeError'].includes(status));
    const alive = counted.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
    for (const { location, mutatorName, replacement = '' } of alive) {
      const line = source.split('\n')[location.start.line - 1]?.trim() ?? '';
      console.log(`${project}/${file}:${location.start.line}:${location.start.column} ${mutatorName}`);
      console.log(`  ${line}\n  -> ${replacement.replaceAll(/\s+/g, ' ').slice(0, 120)}`);
    }
    const killed = counted.length - alive.length;
    const score = counted.length === 0 ? 100 : (100 * killed) / counted.length;
    // A mutant that never ends is killed by time; on a loaded machine so are others, wrongly.
    const byTime = counted.filter(({ status }) => status === 'Timeout').length;
    rows.push(`| ${project}/${file} | ${killed} | ${byTime} | ${counted.length} | ${score.toFixed(0)} % |`);
  }
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}
