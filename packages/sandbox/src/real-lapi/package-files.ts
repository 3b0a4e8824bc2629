import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether a real LAPI can be started here; if not, why, in words for a report of skipped tests. */
export type RealLapiAvailability = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Where the package is unpacked: CROWDSEC_ROOT, else `.cache/crowdsec` of this checkout. */
export function crowdsecRoot(): string {
  const cache = fileURLToPath(new URL('../../../../.cache/crowdsec', import.meta.url));
  return process.env['CROWDSEC_ROOT'] ?? cache;
}

let availability: Promise<RealLapiAvailability> | undefined;

/**
 * Makes sure that Debian's crowdsec is unpacked, and tells whether it runs. The first call may download 32 MB by apt-get;
 * the package is unpacked, never installed: its scripts would register the machine with CrowdSec's Central API.
 */
export function realLapiAvailable(): Promise<RealLapiAvailability> {
  availability ??= prepare();
  return availability;
}

async function prepare(): Promise<RealLapiAvailability> {
  const root = crowdsecRoot();
  if (!(await isUnpacked(root))) {
    if (process.env['CROWDSEC_ROOT'] !== undefined) {
      return { ok: false, reason: 'CROWDSEC_ROOT holds no usr/bin/crowdsec' };
    }
    if (process.platform !== 'linux') return { ok: false, reason: `no Debian package for ${process.platform}` };
    for (const tool of ['apt-get', 'dpkg-deb']) {
      if (!(await runs(tool, '--version'))) return { ok: false, reason: `there is no ${tool} here` };
    }
    try {
      await unpackInto(root);
    } catch (error) {
      return { ok: false, reason: `apt-get could not download crowdsec: ${lastLine(error)}` };
    }
  }
  if (await runs(join(root, 'usr/bin/crowdsec'), '-version')) return { ok: true };
  return { ok: false, reason: 'the crowdsec program does not run here; it needs glibc 2.34 and libsqlite3' };
}

async function isUnpacked(root: string): Promise<boolean> {
  try {
    for (const tool of ['crowdsec', 'cscli']) await access(join(root, 'usr/bin', tool), constants.X_OK);
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
    await download(folder);
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('no package came');
    await run('dpkg-deb', ['-x', archive, '.'], { cwd: folder });
    await rm(join(folder, archive));
    await rename(folder, root).catch(async (error: unknown) => {
      if (!(await isUnpacked(root))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A fresh machine has no package lists yet; only root can get them. */
async function download(cwd: string): Promise<void> {
  try {
    await run('apt-get', ['download', '-qq', 'crowdsec'], { cwd });
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', ['download', '-qq', 'crowdsec'], { cwd });
  }
}

async function runs(command: string, ...args: readonly string[]): Promise<boolean> {
  try {
    await run(command, args);
    return true;
  } catch {
    return false;
  }
}

function lastLine(error: unknown): string {
  const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
  return (stderr.trim() || message).split('\n').at(-1) ?? '';
}
