// usage: tools/release --dry-run ...     (the shell script of that name installs first)
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildAppDebs, buildNodeDeb, metaOf, releasedApps } from './deb/all-debs.ts';
import { packagedNode, type NodeArchitecture } from './deb/node-package.ts';
import { packFolder } from './archive.ts';
import { packChart } from './chart.ts';
import { notesOf } from './notes.ts';
import { packPlatforms } from './platform-files.ts';
import { referencesOf } from './references.ts';
import { billOfMaterials } from './sbom.ts';

const root = path.resolve(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    'dry-run': { type: 'boolean' },
    here: { type: 'boolean' },
    'without-node': { type: 'boolean' },
    into: { type: 'string', default: path.join(root, 'dist/release') },
    tag: { type: 'string' },
  },
});
const start = performance.now();
const meta = metaOf(values.tag?.slice(1));
const tag = values.tag ?? `v${meta.version}`;
const tags = execFileSync('git', ['tag', '--list', 'v*'], { cwd: root, encoding: 'utf8' }).split('\n');
const { OWNER = 'OWNER', IMAGE_REGISTRY = '' } = process.env;
const references = referencesOf({ tag, tags, owner: OWNER, registry: IMAGE_REGISTRY });
const into = path.resolve(values.into);
// What the release offers, and beside it what goes elsewhere.
const files = path.join(into, 'files');
const bundles = path.join(into, 'bundles');
await rm(into, { recursive: true, force: true });
await mkdir(files, { recursive: true });

for (const app of releasedApps) {
  execFileSync(process.execPath, ['tools/build.ts', app, path.join(bundles, app)], { cwd: root, stdio: 'inherit' });
  const name = app === 'bouncer' ? 'crowdsec-bouncer' : `crowdsec-${app}-bouncer`;
  await copyFile(path.join(bundles, app, 'main.cjs'), path.join(files, `${name}.cjs`));
  const licences = path.join(bundles, app, 'main.cjs.LEGAL.txt');
  await copyFile(licences, path.join(files, `${name}.licences.txt`));
  const bill = billOfMaterials(await readFile(licences, 'utf8'), { name, version: references.version });
  await writeFile(path.join(files, `${name}.cdx.json`), bill);
}
const options = { into: files, meta, bundles, epoch: meta.epoch };
await buildAppDebs(releasedApps, options);
if (values['without-node'] !== true)
  for (const architecture of Object.keys(packagedNode.architectures))
    await buildNodeDeb(architecture as NodeArchitecture, options);
await packChart({ into: files, version: references.version, epoch: meta.epoch });
const source = `${process.env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${process.env['GITHUB_REPOSITORY'] ?? `${OWNER}/REPO`}`;
await packPlatforms({ ...references, source }, options);
// The documents of this version, for whoever reads them without a network or serves them beside those of others.
const site = `crowdsec-bouncer-docs-${references.version}`;
const env = { ...process.env, SITE_VERSION: references.version, SITE_SOURCE: source };
execFileSync(path.join(root, 'tools/docs-site'), [path.join(bundles, site)], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env,
});
await packFolder({ from: bundles, name: site, target: path.join(files, `${site}.tgz`), epoch: meta.epoch });
await rm(bundles, { recursive: true });

const sums = await Promise.all(
  (await readdir(files)).sort().map(async (name) => {
    const sum = createHash('sha256')
      .update(await readFile(path.join(files, name)))
      .digest('hex');
    return `${sum}  ${name}\n`;
  }),
);
await writeFile(path.join(files, 'SHA256SUMS'), sums.join(''));
const notes = notesOf(await readFile(path.join(root, 'CHANGELOG.md'), 'utf8'), references.version);
await writeFile(path.join(into, 'notes.md'), `${notes ?? `Release ${references.version}.`}\n`);
const images = releasedApps
  .map((app) => `${references.registry}/${app === 'bouncer' ? 'crowdsec-bouncer' : `crowdsec-${app}-bouncer`}`)
  .flatMap((image) => [references.version, ...references.aliases].map((name) => `${image}:${name}\n`));
await writeFile(path.join(into, 'images.txt'), images.join(''));

console.log(`${String(sums.length)} files and SHA256SUMS in ${files}`);
console.log(`images that the workflow would push: ${path.join(into, 'images.txt')}`);
if (notes === undefined) console.log(`CHANGELOG.md says nothing of ${references.version}: npx nx release writes it`);
console.log(`${String(Math.round((performance.now() - start) / 1000))} s`);
