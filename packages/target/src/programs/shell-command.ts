import { TransientError } from '@bouncer/stream';
import { runProgram } from './run-program.ts';

const timeoutMs = 30_000;

/**
 * Runs a command that the user has configured (a test or reload command), by /bin/sh. Nothing of LAPI's ever goes into it.
 * @throws TransientError with the last words of the command when it fails or takes more than 30 s.
 */
export async function runShellCommand(variable: string, command: string, signal: AbortSignal): Promise<void> {
  const run = { program: '/bin/sh', args: ['-c', command], timeoutMs, signal };
  const { code, isLate, output, complaint } = await runProgram(run);
  if (code === 0) return;
  const said = `${output}\n${complaint}`.trim().split('\n').slice(-3).join(' / ').slice(0, 400);
  const end = isLate ? `did not end within ${timeoutMs / 1000} s` : `ended with code ${code ?? '?'}`;
  throw new TransientError(`${variable} ${end}${said === '' ? '' : `: ${said}`}`, {
    hint: `run it in a shell and fix what it reports: ${command}`,
  });
}
