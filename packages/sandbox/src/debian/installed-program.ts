import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runs } from './unpacked-package.ts';

const run = promisify(execFile);

/**
 * Why a program cannot be run here, undefined when it can; `probe` are arguments by which it ends well and does nothing.
 * On Debian, and as root, its package is installed by apt-get when it is missing. Never rejects.
 */
export async function programMissing(
  program: string,
  debianPackage: string,
  probe: readonly string[],
): Promise<string | undefined> {
  if (await runs(program, ...probe)) return undefined;
  if (process.getuid?.() !== 0) return `no ${program}, and only root can install ${debianPackage}`;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-qq', '-o', 'DPkg::Lock::Timeout=120', '--no-install-recommends', debianPackage];
  try {
    await run('apt-get', install, { env }).catch(async () => {
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', install, { env });
    });
  } catch (error) {
    const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
    return `apt-get could not install ${debianPackage}: ${(stderr.trim() || message).split('\n').at(-1) ?? ''}`;
  }
  return (await runs(program, ...probe)) ? undefined : `${debianPackage} was installed, but ${program} does not run`;
}
