import { missingUnless } from './packages-missing.ts';
import { runs } from './unpacked-package.ts';

/**
 * Why a program cannot be run here, undefined when it can; `probe` are arguments by which it ends well and does nothing.
 * On Debian, and as root, its package is installed by apt-get when it is missing. Never rejects.
 */
export function programMissing(
  program: string,
  debianPackage: string,
  probe: readonly string[],
): Promise<string | undefined> {
  return missingUnless(() => runs(program, ...probe), [debianPackage], `${program} does not run`);
}
