import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly 'working-directory'?: string;
}

/** A workflow of GitHub's, as far as it is read here. */
export interface Workflow {
  readonly on: unknown;
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly needs?: string;
        readonly permissions?: unknown;
        readonly env?: Readonly<Record<string, string>>;
        readonly steps: readonly Step[];
      }
    >
  >;
}

/** Throws when it is no YAML. */
export function readWorkflow(file: string): Workflow {
  return parse(readFileSync(file, 'utf8')) as Workflow;
}

/** Where and as what a workflow runs. */
export interface WorkflowRun {
  /** A checkout of its own: steps write into it. */
  readonly checkout: string;
  /** The git tag. */
  readonly tag: string;
  readonly owner: string;
  /** `vars`, by name; others are empty. */
  readonly vars?: Readonly<Record<string, string>>;
}

/**
 * Runs the shell steps of a job as GitHub's runner does (bash -e, GITHUB_ENV between them), with stubs for what reaches the
 * world, and gives what was called, in its order: actions by their names, programs with their arguments. Throws with the
 * output of the step that failed.
 */
export function runJob(workflow: Workflow, name: string, run: WorkflowRun): readonly string[] {
  const job = workflow.jobs[name];
  if (job === undefined) throw new Error(`there is no job ${name}`);
  const temporary = path.join(run.checkout, '.runner');
  const calls = path.join(temporary, 'calls');
  mkdirSync(path.join(temporary, 'bin'), { recursive: true });
  for (const [program, script] of Object.entries(stubs)) stub(path.join(temporary, 'bin', program), script);
  stub(path.join(run.checkout, 'tools/release'), releaseStub);
  writeFileSync(calls, '');
  writeFileSync(path.join(temporary, 'env'), '');
  const filled = (text: string): string =>
    text.replaceAll(/\$\{\{([^}]*)\}\}/g, (_, said: string) => valueOf(said, run));
  for (const step of job.steps) {
    if (step.uses !== undefined) appendFileSync(calls, `uses ${step.uses.split('@')[0] ?? ''}\n`);
    if (step.run === undefined) continue;
    const given = Object.entries({ ...job.env, ...step.env }).map(([key, value]) => [key, filled(value)]);
    const env = {
      ...{ PATH: `${path.join(temporary, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: temporary, CALLS: calls },
      ...{ GITHUB_REF_NAME: run.tag, GITHUB_ENV: path.join(temporary, 'env'), RUNNER_TEMP: temporary },
      ...(Object.fromEntries(given) as Record<string, string>),
      ...saidIn(path.join(temporary, 'env')),
    };
    const cwd = path.resolve(run.checkout, filled(step['working-directory'] ?? '.'));
    const { status, stdout, stderr } = spawnSync('bash', ['-eo', 'pipefail', '-c', filled(step.run)], {
      ...{ cwd, env, encoding: 'utf8' },
    });
    if (status !== 0) throw new Error(`${step.run}: ${stdout}${stderr}`);
  }
  return readFileSync(calls, 'utf8').trim().split('\n');
}

/** Programs that only say how they were called; docker's answers are those of an image that works. */
const stubs: Readonly<Record<string, string>> = {
  sudo: '',
  npm: '',
  cosign: '',
  gh: '',
  docker: `case "$1 $2" in
'run '*) echo "crowdsec-bouncer/v\${BROKEN-$VERSION}" ;;
'buildx imagetools') case $3 in inspect) echo sha256:0123 ;; esac ;;
esac`,
};

/** What it makes takes minutes, and has tests of its own. */
const releaseStub = `while [ $# -gt 0 ]; do case $1 in --into) into=$2 ;; esac; shift; done
mkdir -p "$into/files"
touch "$into/notes.md" "$into/files/crowdsec-bouncer.cjs" "$into/files/SHA256SUMS"`;

function stub(file: string, script: string): void {
  const name = path.basename(file);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >>"$CALLS"\n${script}\n`);
  chmodSync(file, 0o755);
}

/** What earlier steps have put into GITHUB_ENV. */
function saidIn(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
}

/** Of an expression: those that the workflow uses. Throws on one that is not known here. */
function valueOf(expression: string, { checkout, owner, vars = {} }: WorkflowRun): string {
  const said = expression.trim();
  const [, variable] = /^vars\.(\w+)$/.exec(said) ?? [];
  if (variable !== undefined) return vars[variable] ?? '';
  const known: Readonly<Record<string, string>> = {
    'github.repository_owner': owner,
    'github.sha': '0123456789',
    'github.server_url': 'https://github.com',
    'github.repository': `${owner}/bouncers`,
    'runner.temp': path.join(checkout, '.runner'),
    'secrets.GITHUB_TOKEN': 'token',
  };
  const value = known[said];
  if (value === undefined) throw new Error(`unknown expression: ${said}`);
  return value;
}
