import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { packFolder } from './archive.ts';
import { platformFiles, type Origin } from './platforms/all-platforms.ts';

/** Writes all manifests below a folder. */
export async function writePlatforms(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** Packs the manifests of a release, with its images, for Unraid, TrueNAS, Portainer and Home Assistant. */
export async function packPlatforms(origin: Origin, { into, epoch }: { into: string; epoch: number }): Promise<void> {
  const from = await mkdtemp(path.join(os.tmpdir(), 'bouncer-platforms-'));
  try {
    const name = `crowdsec-bouncer-platforms-${origin.version}`;
    await writePlatforms(path.join(from, name), await platformFiles(origin, origin.version));
    await packFolder({ from, name, target: path.resolve(into, `${name}.tgz`), epoch });
  } finally {
    await rm(from, { recursive: true });
  }
}
