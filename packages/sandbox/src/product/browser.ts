import { execFile } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where Chromium lives on Debian, on Ubuntu's build machines and where people put Google's own. */
const places = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/chromium-browser'];

/** A browser for tests, or why there is none. */
export type BrowserAvailability =
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly reason: string };

let availability: Promise<BrowserAvailability> | undefined;

/** Looks for Chromium; on Debian, and as root, it is installed by apt-get when it is missing. */
export function browserAvailable(): Promise<BrowserAvailability> {
  availability ??= look();
  return availability;
}

async function look(): Promise<BrowserAvailability> {
  const found = await firstOf(places);
  if (found !== undefined) return { ok: true, path: found };
  const system = await readFile('/etc/os-release', 'utf8').catch(() => '');
  // Ubuntu's package is a stub that asks for a snap.
  if (!/^ID=debian$/m.test(system)) return { ok: false, reason: `no ${places.join(', no ')}` };
  if (process.getuid?.() !== 0) return { ok: false, reason: 'no chromium, and only root can install it' };
  try {
    await install();
  } catch (error) {
    const { stderr = '', message = '' } = error as { stderr?: string; message?: string };
    return {
      ok: false,
      reason: `apt-get could not install chromium: ${(stderr.trim() || message).split('\n').at(-1) ?? ''}`,
    };
  }
  const installed = await firstOf(places);
  return installed === undefined
    ? { ok: false, reason: 'chromium was installed elsewhere' }
    : { ok: true, path: installed };
}

async function install(): Promise<void> {
  const packages = ['install', '-y', '-qq', '--no-install-recommends', 'chromium'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', packages, { env });
  } catch {
    await run('apt-get', ['update', '-qq']);
    await run('apt-get', packages, { env });
  }
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}
