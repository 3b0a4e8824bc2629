// usage: TAG=v1.2.3 OWNER=team [IMAGE_REGISTRY=...] node tools/releasing/print-references.ts
// Prints VERSION, REGISTRY, REGISTRY_HOST and ALIASES, one to a line, as $GITHUB_ENV takes them; GITHUB_REF_NAME does for TAG.
import { execFileSync } from 'node:child_process';
import { referencesOf } from './references.ts';

const { TAG, GITHUB_REF_NAME, OWNER = 'local', IMAGE_REGISTRY = '' } = process.env;
const tags = execFileSync('git', ['tag', '--list', 'v*'], { encoding: 'utf8' }).split('\n');
try {
  const given = { tag: TAG ?? GITHUB_REF_NAME ?? '', tags, owner: OWNER, registry: IMAGE_REGISTRY };
  const { registry, version, aliases } = referencesOf(given);
  console.log(`VERSION=${version}`);
  console.log(`REGISTRY=${registry}/`);
  console.log(`REGISTRY_HOST=${registry.split('/')[0] ?? ''}`);
  console.log(`ALIASES=${aliases.join(' ')}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
