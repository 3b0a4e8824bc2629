import { spawn } from 'node:child_process';

const INSIDE = 'OWN_NETWORK';

/** True in the program that `runInOwnNetwork` has started. */
export function isInOwnNetwork(): boolean {
  return process.env[INSIDE] !== undefined;
}

/**
 * Runs a script with Node in a network namespace that ends with it, loopback up: the rules that it makes never stand on the
 * machine itself. Needs root on Linux.
 * @returns its exit code; 1 after a signal.
 */
export function runInOwnNetwork(script: string, args: readonly string[]): Promise<number> {
  const loopback = 'ip link set lo up && exec "$@"';
  const command = ['--net', 'sh', '-c', loopback, 'sh', process.execPath, script, ...args];
  const child = spawn('unshare', command, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}
