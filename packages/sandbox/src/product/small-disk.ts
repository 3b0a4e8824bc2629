import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILLER = '.filler';

/** Why no file system of our own can be mounted here; undefined when it can. */
export function smallDiskMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux to mount a file system';
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'needs CAP_SYS_ADMIN to mount a file system';
  }
}

/** A folder that is a file system of its own, small enough to be filled. */
export class SmallDisk implements Disposable {
  readonly folder: string;
  readonly #unmount = (): void => {
    execFileSync('umount', ['--lazy', this.folder]);
  };

  /** Mounts it at the folder, which is made when it is not there. */
  constructor(folder: string, kilobytes = 256) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder]);
    chmodSync(folder, 0o755);
    process.once('exit', this.#unmount);
  }

  /** Takes all the room that is left. */
  fill(): void {
    for (let bytes = 65_536; bytes >= 512; bytes /= 2) {
      try {
        for (;;) writeFileSync(path.join(this.folder, FILLER), Buffer.alloc(bytes), { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  }

  /** Gives it back. */
  free(): void {
    rmSync(path.join(this.folder, FILLER), { force: true });
  }

  setReadOnly(on: boolean): void {
    execFileSync('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, this.folder]);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#unmount);
    this.#unmount();
  }
}
