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
export function packagesMissing({ packages, files }: WantedPackages): Promise<string | undefined> {
  return missingUnless(() => files.every((file) => existsSync(file)), packages, `${files.join(', ')} is not there`);
}

/** Installs the packages if what they are for is not there. Never rejects; `lacking` is said when they did not help. */
export async function missingUnless(
  isThere: () => boolean | Promise<boolean>,
  packages: readonly string[],
  lacking: string,
): Promise<string | undefined> {
  if (await isThere()) return undefined;
  const names = packages.join(', ');
  if (process.getuid?.() !== 0) return `needs the Debian package ${names}, and only root can install it`;
  if (!existsSync('/usr/bin/apt-get')) return `needs ${names}, and there is no apt-get here to install it`;
  // RUNLEVEL keeps a package from starting its service; test files that run at once wait for each other.
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
  return (await isThere()) ? undefined : `${names} was installed, but ${lacking}`;
}
