import { runCommandLine } from '@bouncer/cli';
import { systemClock } from '@bouncer/stream';
import { programOf } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';

/** What a command has printed, and how it ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the connector in this process. */
export async function command(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ran> {
  const { program, env: more } = programOf(kind);
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) => ({ write: (text: string) => void (written[name] += text) });
  const code = await runCommandLine(program, args, {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: { ...more, ...env },
    clock: systemClock,
    signal: new AbortController().signal,
    configFolder: '/nowhere',
  });
  return { code, ...written };
}

/** The device's steps of `check`: those behind `instance` and the fix of it, without the verdict that ends it. */
export async function deviceSteps(env: Readonly<Record<string, string>>): Promise<string[]> {
  const { stdout } = await command(env, 'check');
  const lines = stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(ok|warn|FAIL|fix:) /.test(line));
  const instance = lines.findIndex((line) => / instance /.test(line));
  const rest = lines.slice(instance + 1);
  return rest[0]?.startsWith('fix: ') ? rest.slice(1) : rest;
}
