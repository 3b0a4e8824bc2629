import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { must, run } from './run.ts';

/** A folder of this checkout's cache. */
export function cacheFolder(name: string): string {
  return path.resolve(import.meta.dirname, '../../../.cache', name);
}

/** Fills a folder that is not there yet. Beside its place, and moved there: two tests may come at once. */
export async function unpackedOnce(root: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if (await isThere(root)) return;
  await mkdir(path.dirname(root), { recursive: true });
  const folder = await mkdtemp(`${root}-`);
  try {
    await fill(folder);
    await rename(folder, root).catch(async (error: unknown) => {
      if (!(await isThere(root))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Debian packages by apt-get, unpacked and never installed: scripts of theirs would start services and change the machine.
 * `optional` ones need not exist in this release. Rejects with the reason where there is no apt-get or no package.
 */
export async function unpackDebian(
  folder: string,
  packages: readonly string[],
  optional: readonly string[] = [],
): Promise<void> {
  const download = ['download', '-qq', ...packages];
  const first = await run('apt-get', download, { cwd: folder });
  if (first.code === 127) throw new Error('there is no apt-get here');
  if (first.code !== 0) {
    await must('apt-get', ['update', '-qq']);
    await must('apt-get', download, { cwd: folder });
  }
  for (const name of optional) await run('apt-get', ['download', '-qq', name], { cwd: folder });
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.deb')) continue;
    await must('dpkg-deb', ['-x', file, '.'], { cwd: folder });
    await rm(path.join(folder, file));
  }
}

/** True when a file or folder is there. */
export async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
