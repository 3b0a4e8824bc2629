import path from 'node:path';
import { run } from './run.ts';
import { cacheFolder, unpackDebian, unpackedOnce } from './unpacked.ts';

/** Where Debian's Docker is unpacked. */
const root = cacheFolder('docker');
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
 * Debian's Docker. The first call downloads 65 MB by apt-get. Rejects with the reason where that cannot be.
 */
export async function enginePrograms(): Promise<EnginePrograms> {
  await unpackedOnce(root, (folder) => unpackDebian(folder, packages, laterPackages));
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
