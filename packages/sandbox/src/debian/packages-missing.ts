import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian packages, and the files that tell that they are there. */
export interface WantedPackages {
  readonly packages: readonly string[];
  readonly files: readonly string[];
}

/** Why the programs of these packages cannot be used here; undefined when they can. As root, apt-get installs them. */
export async function packagesMissing({ packages, files }: WantedPackages): Promise<string | undefined> {
  const isThere = (): boolean => files.every((file) => existsSync(file));
  if (isThere()) return undefined;
  const names = packages.join(', ');
  if (process.getuid?.() !== 0) return `needs the Debian package ${names}, and only root can install it`;
  if (!existsSync('/usr/bin/apt-get')) return `needs ${names}, and there is no apt-get here to install it`;
  // RUNLEVEL keeps a package from starting its service.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=120', '--no-install-recommends'];
  try {
    await run('apt-get', ['install', ...options, ...packages], { env }).catch(async () => {
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', ['install', ...options, ...packages], { env });
    });
  } catch (error) {
    const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
    return `apt-get could not install ${names}: ${(stderr.trim() || message).split('\n').at(-1) ?? ''}`;
  }
  return isThere() ? undefined : `${names} was installed, but ${files.join(', ')} is not there`;
}
