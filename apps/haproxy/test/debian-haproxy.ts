import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's HAProxy. */
export const HAPROXY = '/usr/sbin/haproxy';

let reason: Promise<string | undefined> | undefined;

/** Why no real HAProxy can be started here, undefined when it can. Installs it where that is possible. */
export function haproxyMissing(): Promise<string | undefined> {
  reason ??= prepare();
  return reason;
}

async function prepare(): Promise<string | undefined> {
  if (existsSync(HAPROXY)) return undefined;
  if (process.getuid?.() !== 0) return 'haproxy is not installed, and only root can do it';
  if (!existsSync('/usr/bin/apt-get')) return 'there is no apt-get here to install HAProxy with';
  // RUNLEVEL keeps the package from starting a service; test files that run at once wait for each other.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=120', '--no-install-recommends', 'haproxy'];
  try {
    await run('apt-get', ['install', ...options], { env }).catch(async () => {
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', ['install', ...options], { env });
    });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return `apt-get could not install HAProxy: ${(stderr ?? String(error)).trim().split('\n').at(-1) ?? ''}`;
  }
  return existsSync(HAPROXY) ? undefined : `the package was installed, but there is no ${HAPROXY}`;
}
