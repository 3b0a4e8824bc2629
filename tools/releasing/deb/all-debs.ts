import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { kinds } from '../../kinds.ts';
import { bouncerPackage, type PackageMeta } from './bouncer-package.ts';
import { buildDeb } from './build-deb.ts';
import { debianApp } from './debian-app.ts';
import { defaultSettings } from './default-settings.ts';
import { downloadNode, nodePackage, type NodeArchitecture } from './node-package.ts';

const root = path.resolve(import.meta.dirname, '../../..');

/** Every folder under apps/ that is released. */
export const releasedApps: readonly string[] = ['bouncer', ...Object.keys(kinds)];

/**
 * Version, author and time of what is released from this checkout: the time is that of its commit (SOURCE_DATE_EPOCH goes
 * before it), so that whoever builds it later gets the same bytes.
 */
export function metaOf(version?: string): PackageMeta {
  const manifest = JSON.parse(readFileSync(path.join(root, 'packages/cli/package.json'), 'utf8')) as {
    version: string;
  };
  const given = process.env['SOURCE_DATE_EPOCH'];
  const epoch = given ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim();
  const repository = process.env['GITHUB_REPOSITORY'];
  return {
    version: version ?? manifest.version,
    maintainer:
      process.env['DEB_MAINTAINER'] ??
      `CrowdSec bouncer connectors <${process.env['GITHUB_REPOSITORY_OWNER'] ?? 'nobody'}@users.noreply.github.com>`,
    ...(repository === undefined ? {} : { homepage: `${process.env['GITHUB_SERVER_URL'] ?? ''}/${repository}` }),
    epoch: Number(epoch),
  };
}

/** Where the bundles are, if they have been built, and how hard to compress. */
export interface DebsOptions {
  readonly into: string;
  readonly meta: PackageMeta;
  /** Folder with APP/main.cjs; without it they are built. */
  readonly bundles?: string;
  readonly compression?: number;
}

/** Builds the package of each of these apps; their paths. */
export async function buildAppDebs(apps: readonly string[], options: DebsOptions): Promise<readonly string[]> {
  const { into, meta, bundles, compression = 6 } = options;
  const built = bundles ?? (await mkdtemp(path.join(os.tmpdir(), 'bouncer-bundles-')));
  try {
    const all = await Promise.all(Object.values(kinds).map((load) => load()));
    const files: string[] = [];
    for (const app of apps) {
      if (bundles === undefined)
        execFileSync(process.execPath, ['tools/build.ts', app, path.join(built, app)], { cwd: root });
      const own = all.filter((kind) => kind.name === app);
      const debian = debianApp(app, own[0]?.title);
      const settings = defaultSettings(debian, own.length === 0 ? all : own);
      const deb = await bouncerPackage(debian, path.join(built, app, 'main.cjs'), settings, meta);
      files.push(await buildDeb(deb, { into, epoch: meta.epoch, compression }));
    }
    return files;
  } finally {
    if (bundles === undefined) await rm(built, { recursive: true });
  }
}

/** Builds `crowdsec-bouncer-node` for one architecture; its path. Asks npm for the program. */
export async function buildNodeDeb(
  architecture: NodeArchitecture,
  { into, meta, compression = 6 }: DebsOptions,
): Promise<string> {
  const deb = nodePackage(architecture, await downloadNode(architecture), meta);
  return buildDeb(deb, { into, epoch: meta.epoch, compression });
}
