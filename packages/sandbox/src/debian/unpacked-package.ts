import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether programs of a Debian package can be used here; if not, why, in words for a report of skipped tests. */
export type PackageAvailability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** A Debian package that is unpacked and never installed: its scripts would start services or tell others of us. */
export interface UnpackedPackage {
  readonly name: string;
  /** Where to; see `cacheFolder`. */
  readonly root: string;
  /** Programs in its usr/bin that must be there. */
  readonly programs: readonly string[];
}

/** `.cache/NAME` of this checkout. */
export function cacheFolder(name: string): string {
  return fileURLToPath(new URL(`../../../../.cache/${name}`, import.meta.url));
}

/** Makes sure that the package is unpacked. The first call downloads it by apt-get. Never rejects. */
export async function unpackedPackage(wanted: UnpackedPackage): Promise<PackageAvailability> {
  if (await isUnpacked(wanted)) return { ok: true };
  if (process.platform !== 'linux') return { ok: false, reason: `no Debian package for ${process.platform}` };
  for (const tool of ['apt-get', 'dpkg-deb']) {
    if (!(await runs(tool, '--version'))) return { ok: false, reason: `there is no ${tool} here` };
  }
  try {
    await unpack(wanted);
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: `apt-get could not download ${wanted.name}: ${lastLine(error)}` };
  }
}

/** True when the command ends well. */
export async function runs(command: string, ...args: readonly string[]): Promise<boolean> {
  try {
    await run(command, args);
    return true;
  } catch {
    return false;
  }
}

async function isUnpacked({ root, programs }: UnpackedPackage): Promise<boolean> {
  try {
    for (const program of programs) await access(join(root, 'usr/bin', program), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Unpacks next to the place and moves it there, so that test files that run at once do not meet a half of it. */
async function unpack(wanted: UnpackedPackage): Promise<void> {
  const { name, root } = wanted;
  await mkdir(dirname(root), { recursive: true });
  const folder = await mkdtemp(`${root}-`);
  try {
    await download(name, folder);
    const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error('no package came');
    await run('dpkg-deb', ['-x', archive, '.'], { cwd: folder });
    await rm(join(folder, archive));
    await rename(folder, root).catch(async (error: unknown) => {
      if (!(await isUnpacked(wanted))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A fresh machine has no package lists yet; only root can get them. */
async function download(name: string, cwd: string): Promise<void> {
  try {
    await run('apt-get', ['download', '-qq', name], { cwd });
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', ['download', '-qq', name], { cwd });
  }
}

function lastLine(error: unknown): string {
  const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
  return (stderr.trim() || message).split('\n').at(-1) ?? '';
}
