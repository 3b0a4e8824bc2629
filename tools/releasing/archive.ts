import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What is packed, and where to. */
export interface ArchiveOptions {
  /** Folder that has it. */
  readonly from: string;
  /** Its name in there, and in the archive. */
  readonly name: string;
  /** Path of the archive. */
  readonly target: string;
  /** Time of every file in it, in seconds since 1970. */
  readonly epoch: number;
}

/** Packs a folder as .tgz: the same files make the same bytes, whoever has made them and when. */
export async function packFolder({ from, name, target, epoch }: ArchiveOptions): Promise<void> {
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=go=rX,u+rw,a-s'];
  const same = ['--sort=name', `--mtime=@${epoch}`, ...owner];
  await run('tar', [...same, '-I', 'gzip -n -9', '-cf', target, name], { cwd: from });
}
