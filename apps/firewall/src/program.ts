import { TransientError } from '@bouncer/stream';
import { runProgram, type ProgramRun } from '@bouncer/target';
import { failureOf, missing } from './program-error.ts';

/** A program that hangs longer than this, in milliseconds, is ended. Loading a million addresses takes five seconds. */
const TIMEOUT_MS = 50_000;

/** EACCES: it is nowhere, and a folder of the PATH may not be searched. */
const NOT_FOUND = new Set(['ENOENT', 'EACCES']);

/** One run of a firewall program. */
export type Run = Omit<ProgramRun, 'env' | 'timeoutMs'>;

/** Runs a program and gives what it printed. @throws AuthError, ConfigError or TransientError with a hint, or the signal's reason. */
export type RunProgram = (run: Run) => Promise<string>;

/**
 * How programs are run; `prefix` goes in front of each (`ip netns exec NAME` in tests). Programs are looked for in the
 * PATH and in the usual folders for administrators, which the PATH of a service may lack.
 */
export function programRunner(prefix: readonly string[] = []): RunProgram {
  return async (run) => {
    const [program = run.program, ...args] = [...prefix, run.program, ...run.args];
    const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C' };
    const end = await runProgram({ ...run, program, args, env, timeoutMs: TIMEOUT_MS }).catch((error: unknown) => {
      throw NOT_FOUND.has((error as NodeJS.ErrnoException).code ?? '') ? missing(run.program) : error;
    });
    if (end.isLate) throw new TransientError(`${run.program} did not end within ${TIMEOUT_MS / 1000} s`);
    if (end.code !== 0) throw failureOf(run.program, end.code, end.complaint);
    return end.output;
  };
}
