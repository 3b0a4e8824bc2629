import { runCommandLine } from '@bouncer/cli';
import { systemClock } from '@bouncer/stream';
import { programOf } from '@bouncer/testkit';
import { kind } from '../src/kind.ts';

/** Runs one command to its end in this very process, which is many times faster than in one of its own. */
export async function runHere(
  command: string | readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { program, env: more } = programOf(kind);
  let [stdout, stderr] = ['', ''];
  const code = await runCommandLine(program, [command].flat(), {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    env: { ...more, ...env },
    clock: systemClock,
    signal: new AbortController().signal,
  });
  return { code, stdout, stderr };
}
