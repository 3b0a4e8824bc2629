// usage: HELM_BIN=helm node tools/releasing/manifests.ts [--check]
// Writes docker/kubernetes/KIND/manifest.yaml from the Helm chart, for those who use kustomize; --check only compares.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { releasedApps } from './deb/all-debs.ts';
import { helmTemplate } from './helm.ts';

const root = path.resolve(import.meta.dirname, '../..');
const helm = process.env['HELM_BIN'] ?? 'helm';
const onlyCheck = process.argv.includes('--check');

for (const kind of releasedApps) {
  const name = kind === 'bouncer' ? 'crowdsec-bouncer' : `${kind}-bouncer`;
  const rendered = await helmTemplate(helm, name, {
    kind,
    image: { registry: '', tag: 'dev' },
    // kustomization.yaml makes it, from what the reader writes there.
    existingSettings: `${kind}-settings`,
    ...(kind === 'nginx' ? { outputClaim: 'nginx-crowdsec' } : {}),
  });
  // Nothing here is under Helm's care, nor of one version.
  const text = rendered
    .replace(/^ *app\.kubernetes\.io\/(managed-by|version): .*\n/gm, '')
    .replace(/^# Source: .*\n/gm, '');
  const content = `# Written by tools/releasing/manifests.ts from the Helm chart: what is yours goes into kustomization.yaml.\n${text.trimStart()}`;
  const file = path.join(root, 'docker/kubernetes', kind, 'manifest.yaml');
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before === content) continue;
  if (onlyCheck) {
    console.error(`${path.relative(root, file)} is out of date: run \`node tools/releasing/manifests.ts\``);
    process.exitCode = 1;
  } else await writeFile(file, content);
}
