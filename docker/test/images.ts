import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Engine } from './engine/engine.ts';
import { must } from './engine/run.ts';
import { isThere } from './engine/unpacked.ts';

const root = path.resolve(import.meta.dirname, '../..');
/** Of `makeBase`. */
export const base = 'bouncer-test/base';
/** What Alpine's packages bring in the real base. */
const firewallPrograms = ['/usr/sbin/nft', '/usr/sbin/ipset'];

/** Commands that are words of the image, by the Dockerfile. */
const dockerfile = await readFile(path.join(root, 'docker/Dockerfile'), 'utf8');
const words = /for command in ([\w ]+); do/.exec(dockerfile)?.[1]?.split(' ') ?? [];

/** The connectors that have an image, by docker-bake.hcl. */
export async function connectors(): Promise<string[]> {
  const bake = await readFile(path.join(root, 'docker/docker-bake.hcl'), 'utf8');
  const lists = [...bake.matchAll(/matrix = \{ app = (\[[^\]]*\]) \}/g)].map(([, list]) => list ?? '[]');
  if (new Set(lists).size !== 1) throw new Error('docker-bake.hcl names different connectors to build and to release');
  return (JSON.parse(lists[0] ?? '[]') as string[]).sort();
}

/** Why the firewall image cannot have its programs here, if so. */
export async function missingPrograms(): Promise<string | undefined> {
  const there = await Promise.all(firewallPrograms.map(isThere));
  const missing = firewallPrograms.filter((_, index) => !there[index]);
  return missing.length > 0 ? `there is no ${missing.join(' and no ')} here` : undefined;
}

/** Name of a connector's image, as in the documents. */
export function imageOf(app: string): string {
  return app === 'bouncer' ? 'crowdsec-bouncer' : `crowdsec-${app}-bouncer`;
}

/** A connector's bundle in this checkout. */
export function bundleOf(app: string): string {
  return path.join(root, 'apps', app, 'dist/main.cjs');
}

/** A root with Node and its libraries and nothing else, in place of Alpine: no container registry is asked. */
export async function makeBase(engine: Engine): Promise<void> {
  await imageFrom(engine, base, async (folder) => {
    await placeProgram(folder, process.execPath, '/usr/bin/node');
    await placeProgram(folder, '/usr/bin/env', '/usr/bin/env');
    for (const program of firewallPrograms) {
      if (await isThere(program)) await placeProgram(folder, program, program);
    }
    for (const name of ['etc/ssl', 'tmp', 'run', 'proc', 'sys', 'dev']) {
      await mkdir(path.join(folder, name), { recursive: true });
    }
  });
}

/** Builds a connector's bundle: that of an earlier build may be another one's. */
export async function buildBundle(app: string): Promise<void> {
  await must(process.execPath, ['tools/build.ts', app], { cwd: root });
}

/** Builds a connector's image by docker/Dockerfile, with the local base and the bundle of this checkout. */
export async function buildImage(engine: Engine, app: string): Promise<void> {
  const bundle = `bouncer-test/bundle-${app}`;
  await imageFrom(engine, bundle, async (folder) => {
    await mkdir(path.join(folder, 'out/output'), { recursive: true });
    await mkdir(path.join(folder, 'out/bin'));
    for (const command of words) await symlink('/app/main.cjs', path.join(folder, 'out/bin', command));
    await place(folder, bundleOf(app), '/out/main.cjs');
    await place(folder, `${bundleOf(app)}.LEGAL.txt`, '/out/main.cjs.LEGAL.txt');
  });
  const swaps = { APP: app, IMAGE: imageOf(app), BASE: base, BUNDLE: bundle, VERSION: '0.0.0-test' };
  const args = Object.entries(swaps).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  await engine.docker(['build', '--file', 'docker/Dockerfile', ...args, '--tag', imageOf(app), '.'], { cwd: root });
}

/** Makes an image of one layer from a folder that `fill` fills; `changes` are lines of a Dockerfile that need no build. */
export async function imageFrom(
  engine: Engine,
  name: string,
  fill: (folder: string) => Promise<void>,
  changes: readonly string[] = [],
): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-root-'));
  try {
    const tree = path.join(folder, 'root');
    await mkdir(tree);
    await fill(tree);
    const archive = path.join(folder, 'root.tar');
    await must('tar', ['--create', '--file', archive, '--directory', tree, '--owner=0', '--group=0', '.']);
    await engine.docker(['import', ...changes.flatMap((line) => ['--change', line]), archive, name]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function place(folder: string, from: string, to: string): Promise<void> {
  const target = path.join(folder, to);
  await mkdir(path.dirname(target), { recursive: true });
  await copyFile(from, target);
}

/** Copies a program and its libraries into a root. */
export async function placeProgram(folder: string, from: string, to: string): Promise<void> {
  await place(folder, from, to);
  for (const library of await librariesOf(from)) await place(folder, library, library);
}

async function librariesOf(program: string): Promise<string[]> {
  const listing = await must('ldd', [program]);
  return [...listing.matchAll(/(?:=> |^\s+)(\/\S+)/gm)].map((match) => match[1] ?? '');
}
