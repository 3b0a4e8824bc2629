// usage: tools/release-debs [--into FOLDER] [--version X.Y.Z] [KIND ...] [node-amd64] [node-arm64]
import { parseArgs } from 'node:util';
import { buildAppDebs, buildNodeDeb, metaOf, releasedApps } from './deb/all-debs.ts';
import { packagedNode, type NodeArchitecture } from './deb/node-package.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { into: { type: 'string', default: 'dist' }, version: { type: 'string' } },
});
const nodes = Object.keys(packagedNode.architectures).map((name) => `node-${name}`);
const known = [...releasedApps, ...nodes];
const wanted = positionals.length === 0 ? known : positionals;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`release-debs: there is no ${unknown.join(', ')}; there are ${known.join(', ')}`);
  process.exit(2);
}
const options = { into: values.into, meta: metaOf(values.version) };
const apps = wanted.filter((name) => releasedApps.includes(name));
for (const file of await buildAppDebs(apps, options)) console.log(file);
for (const name of wanted.filter((each) => nodes.includes(each)))
  console.log(await buildNodeDeb(name.slice('node-'.length) as NodeArchitecture, options));
