import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the stand-in is made of: a real sshd, a real tcsh, sudo and php, and the awk that is FreeBSD's. */
const pfSensePackages = ['openssh-server', 'tcsh', 'sudo', 'php8.2-cli', 'original-awk'] as const;

/** Where the packages are unpacked: `.cache/pfsense-parts` of this checkout. They are never installed. */
export function partsRoot(): string {
  return fileURLToPath(new URL('../../../../.cache/pfsense-parts', import.meta.url));
}

let missing: Promise<string | undefined> | undefined;

/**
 * Makes sure that the stand-in can be started, and tells why not: it needs root, mount namespaces and a few Debian
 * packages, which the first call downloads by apt-get (4 MB) and unpacks.
 */
export function pfSenseMissing(): Promise<string | undefined> {
  missing ??= look();
  return missing;
}

async function look(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `no Debian packages for ${process.platform}`;
  if (process.getuid?.() !== 0) return 'needs root: its sshd serves several users';
  try {
    await run('unshare', ['--mount', '--pid', '--fork', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  } catch {
    return 'needs mount namespaces (CAP_SYS_ADMIN)';
  }
  if (await isUnpacked(partsRoot())) return undefined;
  try {
    await unpackInto(partsRoot());
    return undefined;
  } catch (error) {
    const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
    return `apt-get could not download ${pfSensePackages.join(', ')}: ${(stderr.trim() || message).split('\n').at(-1) ?? ''}`;
  }
}

async function isUnpacked(root: string): Promise<boolean> {
  try {
    const programs = ['sbin/sshd', 'bin/tcsh', 'bin/sudo', 'bin/php8.2', 'bin/original-awk'];
    for (const program of programs) await access(join(root, 'usr', program));
    return true;
  } catch {
    return false;
  }
}

/** Unpacks next to the place and moves it there, so that test files that run at once do not meet a half of it. */
async function unpackInto(root: string): Promise<void> {
  await mkdir(dirname(root), { recursive: true });
  const folder = await mkdtemp(`${root}-`);
  try {
    const archives = join(folder, 'archives');
    await mkdir(join(archives, 'partial'), { recursive: true });
    await download(archives);
    const names = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
    for (const name of names) await run('dpkg-deb', ['-x', join(archives, name), join(folder, 'tree')]);
    // Debian's own /bin and /lib are links into /usr; some packages still ship the old paths.
    for (const part of ['bin', 'sbin', 'lib']) {
      const old = join(folder, 'tree', part);
      if (await exists(old)) await run('cp', ['-a', `${old}/.`, join(folder, 'tree/usr', part)]);
    }
    await rename(join(folder, 'tree'), root).catch(async (error: unknown) => {
      if (!(await isUnpacked(root))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Downloads what is missing on this machine, dependencies included. A fresh machine has no package lists yet. */
async function download(archives: string): Promise<void> {
  const cache = ['-o', `Dir::Cache::archives=${archives}`, '-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User=root'];
  const flags = ['install', '-y', '-qq', '--download-only', '--reinstall', '--no-install-recommends'];
  try {
    await run('apt-get', [...flags, ...cache, ...pfSensePackages]);
  } catch {
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', [...flags, ...cache, ...pfSensePackages]);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
