import { runCommandLine } from '@bouncer/cli';
import type { Kind } from '@bouncer/target';
import { systemClock } from '@bouncer/stream';
import { programOf } from './program-of.ts';

/** What a command printed, and how it ended. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command of a connector in this process, with this environment and no other. */
export async function saidBy(
  connector: Kind,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Said> {
  const { program, env: more } = programOf(connector);
  let [stdout, stderr] = ['', ''];
  const io = {
    stdout: { write: (text: string) => void (stdout += text) },
    stderr: { write: (text: string) => void (stderr += text) },
    env: { ...more, ...env },
    clock: systemClock,
    signal: new AbortController().signal,
    configFolder: '/nowhere',
  };
  return { code: await runCommandLine(program, args, io), stdout, stderr };
}
