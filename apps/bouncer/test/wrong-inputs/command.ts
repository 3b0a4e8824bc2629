import { runCommandLine } from '@bouncer/cli';
import { systemClock } from '@bouncer/stream';
import { bouncer } from '../../src/bouncer.ts';

/** What a command did. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of an image in this process, to its end. No file of this machine's configuration counts. */
export async function command(
  app: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signal = new AbortController().signal,
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({ write: (text: string) => void (written[name] += text) });
  const load = bouncer.kinds[app];
  const io = { stdout: sink('stdout'), stderr: sink('stderr'), env, clock: systemClock, signal };
  const code = await runCommandLine(load ? await load() : bouncer, args, { ...io, configFolder: '/nowhere' });
  return { code, ...written };
}
