import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { must, run } from './run.ts';

/** Where Debian's Docker is unpacked; a cache of this checkout. */
const root = path.resolve(import.meta.dirname, '../../../.cache/docker');
const packages = ['docker.io', 'containerd', 'runc', 'libdevmapper1.02.1', 'libseccomp2'];
/** Parts of their own in later releases of Debian and Ubuntu. */
const laterPackages = ['docker-cli', 'docker-buildx'];

/** Programs and libraries of an engine. */
export interface EnginePrograms {
  readonly docker: string;
  readonly dockerd: string;
  /** Where the docker command finds its plugins. */
  readonly plugins: string;
  /** Variables under which they find each other and their libraries. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Debian's Docker, unpacked and never installed: its scripts would start a service and change the machine's firewall. The
 * first call downloads 65 MB by apt-get. Rejects with the reason where that cannot be.
 */
export async function enginePrograms(): Promise<EnginePrograms> {
  if (!(await isUnpacked(root))) await unpack();
  const folders = ['usr/bin', 'usr/sbin'].map((folder) => path.join(root, folder));
  const { stdout } = await run('dpkg-architecture', ['-qDEB_HOST_MULTIARCH']);
  const triplet = stdout.trim() || (process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu');
  const programs: EnginePrograms = {
    docker: path.join(root, 'usr/bin/docker'),
    dockerd: path.join(root, 'usr/sbin/dockerd'),
    plugins: path.join(root, 'usr/libexec/docker/cli-plugins'),
    env: {
      PATH: [...folders, process.env['PATH']].join(':'),
      LD_LIBRARY_PATH: ['usr/lib', 'lib'].map((folder) => path.join(root, folder, triplet)).join(':'),
    },
  };
  const version = await run(programs.dockerd, ['--version'], { env: programs.env });
  if (version.code !== 0) throw new Error(`dockerd does not run here: ${version.stderr.trim()}`);
  return programs;
}

async function isUnpacked(folder: string): Promise<boolean> {
  try {
    await access(path.join(folder, 'usr/sbin/dockerd'), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Unpacks beside the place and moves it there: two test files may come at once. */
async function unpack(): Promise<void> {
  await mkdir(path.dirname(root), { recursive: true });
  const folder = await mkdtemp(`${root}-`);
  try {
    const download = ['download', '-qq', ...packages];
    const first = await run('apt-get', download, { cwd: folder });
    if (first.code === 127) throw new Error('there is no apt-get here');
    if (first.code !== 0) {
      await must('apt-get', ['update', '-qq']);
      await must('apt-get', download, { cwd: folder });
    }
    for (const name of laterPackages) await run('apt-get', ['download', '-qq', name], { cwd: folder });
    for (const file of await readdir(folder)) {
      await must('dpkg-deb', ['-x', file, '.'], { cwd: folder });
      await rm(path.join(folder, file));
    }
    await rename(folder, root).catch(async (error: unknown) => {
      if (!(await isUnpacked(root))) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
