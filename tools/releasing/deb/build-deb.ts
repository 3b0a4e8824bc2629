import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file of a package. */
export interface PackedFile {
  /** Absolute. */
  readonly path: string;
  /** Its content, or the file that has it. */
  readonly content: string | Buffer | { readonly from: string };
  /** Default 0644. */
  readonly mode?: number;
}

/** All that makes a package. */
export interface DebPackage {
  /** Fields of the control file in their order; Installed-Size is reckoned. */
  readonly control: Readonly<{ Package: string; Version: string; Architecture: string } & Record<string, string>>;
  readonly files: readonly PackedFile[];
  /** Paths of files whose changes by the administrator are kept. */
  readonly conffiles?: readonly string[];
  /** postinst, prerm, postrm. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** How it is built. */
export interface DebOptions {
  /** Folder for the file. */
  readonly into: string;
  /** Time of every file in it, in seconds since 1970: the same input makes the same bytes. */
  readonly epoch: number;
  /** Of xz, 0 to 9. Default 6. */
  readonly compression?: number;
}

/** Builds it by dpkg-deb; the path of the file. Rejects where there is no dpkg-deb. */
export async function buildDeb(deb: DebPackage, { into, epoch, compression = 6 }: DebOptions): Promise<string> {
  const { Package, Version, Architecture } = deb.control;
  const tree = await mkdtemp(path.join(os.tmpdir(), `${Package}-`));
  try {
    await chmod(tree, 0o755);
    for (const file of deb.files) await place(tree, file);
    await writeControl(tree, deb);
    await setTimes(tree, epoch);
    await mkdir(into, { recursive: true });
    const target = path.resolve(into, `${Package}_${Version}_${Architecture}.deb`);
    // More than one thread cuts xz's stream elsewhere on a machine with more cores.
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch), DPKG_DEB_THREADS_MAX: '1' };
    const args = ['--root-owner-group', '-Zxz', `-z${compression}`, '--uniform-compression', '--build', tree, target];
    await run('dpkg-deb', args, { env });
    return target;
  } finally {
    await rm(tree, { recursive: true });
  }
}

async function place(tree: string, { path: where, content, mode = 0o644 }: PackedFile): Promise<void> {
  const target = path.join(tree, where);
  await makeFolder(tree, path.dirname(target));
  if (typeof content === 'object' && 'from' in content) await copyFile(content.from, target);
  else await writeFile(target, content);
  await chmod(target, mode);
}

/** Whatever the umask of the caller is. */
async function makeFolder(tree: string, folder: string): Promise<void> {
  if (folder === tree) return;
  await makeFolder(tree, path.dirname(folder));
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
}

async function writeControl(tree: string, { control, files, conffiles = [], scripts = {} }: DebPackage): Promise<void> {
  const read = await Promise.all(files.map((file) => readFile(path.join(tree, file.path))));
  // In kB, each file on its own, and one for each folder: as dpkg-gencontrol does.
  const folders = new Set(files.map((file) => path.dirname(file.path)));
  const size = read.reduce((sum, content) => sum + Math.ceil(content.length / 1024), 0) + folders.size;
  const sums = files.map((file, index) => {
    const sum = createHash('md5')
      .update(read[index] ?? '')
      .digest('hex');
    return conffiles.includes(file.path) ? '' : `${sum}  ${file.path.slice(1)}\n`;
  });
  const { Description = '', ...fields } = control as Readonly<Record<string, string>>;
  const lines = { ...fields, 'Installed-Size': String(size), Description };
  const text = Object.entries(lines).map(([name, value]) => (value === '' ? '' : `${name}: ${value}\n`));
  const own = [
    { path: '/DEBIAN/control', content: text.join('') },
    { path: '/DEBIAN/md5sums', content: sums.sort().join('') },
    ...(conffiles.length > 0 ? [{ path: '/DEBIAN/conffiles', content: `${conffiles.join('\n')}\n` }] : []),
    ...Object.entries(scripts).map(([name, content]) => ({ path: `/DEBIAN/${name}`, content, mode: 0o755 })),
  ];
  for (const file of own) await place(tree, file);
}

async function setTimes(tree: string, epoch: number): Promise<void> {
  const { stdout } = await run('find', [tree, '-depth', '-print0']);
  for (const file of stdout.split('\0').filter((name) => name !== '')) await utimes(file, epoch, epoch);
}
