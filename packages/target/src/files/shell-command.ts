import { execFile } from 'node:child_process';
import { TransientError } from '@bouncer/stream';

const timeoutMs = 30_000;

/**
 * Runs a command that the user has configured (a test or reload command), by /bin/sh. Nothing of LAPI's ever goes into it.
 * @throws TransientError with the last words of the command when it fails or takes more than 30 s.
 */
export function runShellCommand(variable: string, command: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(
      '/bin/sh',
      ['-c', command],
      { timeout: timeoutMs, signal, maxBuffer: 1 << 20 },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve();
          return;
        }
        if (signal.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-3).join(' / ').slice(0, 400);
        const end =
          error.killed === true ? `did not end within ${timeoutMs / 1000} s` : `ended with code ${error.code ?? '?'}`;
        reject(
          new TransientError(`${variable} ${end}${said === '' ? '' : `: ${said}`}`, {
            hint: `run it in a shell and fix what it reports: ${command}`,
          }),
        );
      },
    );
  });
}
