import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runConnectorCommand } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { kinds } from '../../tools/kinds.ts';
import { environmentsOfCompose, environmentsOfKubernetes } from './documents.ts';
import type { ConnectorEnvironment } from './documents.ts';
import { connectors } from './images.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folders = ['docker/compose', 'docker/kubernetes', '.github/workflows'];
const files: string[] = [];
for (const folder of folders) {
  const names = await readdir(path.join(root, folder), { recursive: true });
  files.push(...names.filter((name) => /\.ya?ml$/.test(name)).map((name) => path.join(folder, name)));
}
/** Every kind, and the one for all of them: a further kind is not forgotten in any of the documents. */
const apps = ['bouncer', ...Object.keys(kinds)].sort();
const workflows = files.filter((file) => file.startsWith('.github'));
const environments: ConnectorEnvironment[] = [
  ...(await environmentsOfCompose(root, 'docker/compose')),
  ...(await environmentsOfKubernetes(root, 'docker/kubernetes')),
];

describe('documents for engines, clusters and workflows', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-secrets-'));
    await writeFile(path.join(folder, 'secret'), 'some-secret\n');
    await writeFile(path.join(folder, 'hosts'), '192.168.1.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB\n');
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFile(path.join(folder, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(files)('%s is strict YAML', async (file) => {
    const documents = parseAllDocuments(await readFile(path.join(root, file), 'utf8'), {
      strict: true,
      uniqueKeys: true,
    });
    for (const document of documents) expect([...document.errors, ...document.warnings]).toEqual([]);
  });

  it.each(workflows)('%s uses actions by their commit', async (file) => {
    const text = await readFile(path.join(root, file), 'utf8');
    const used = text.split('\n').filter((line) => line.includes('uses:'));
    expect(used).not.toEqual([]);
    for (const line of used) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('every connector has one of each', () => {
    const places = environments.map(({ place, app }) => `${place.split('/').at(-1)} ${app}`);
    const alone = apps.map((app) => `${app}.yaml ${app}`);
    const together = Object.keys(kinds).map((kind) => `everything.yaml ${kind}`);
    expect(places).toEqual(expect.arrayContaining([...alone, ...together]));
    expect(
      environments
        .filter(({ place }) => place.includes('kubernetes'))
        .map(({ app }) => app)
        .sort(),
    ).toEqual(apps);
  });

  it('every connector has an image, of this machine and of a release', async () => {
    expect(await connectors()).toEqual(apps);
    const dockerfile = await readFile(path.join(root, 'docker/Dockerfile'), 'utf8');
    for (const stage of ['base', 'app']) {
      const stages = [...dockerfile.matchAll(new RegExp(`^FROM .* AS ${stage}-(\\w+)$`, 'gm'))].map(
        ([, app]) => app ?? '',
      );
      expect(stages).toEqual(expect.arrayContaining(apps));
    }
  });

  it.each(workflows)('%s forgets none of them', async (file) => {
    const text = await readFile(path.join(root, file), 'utf8');
    const images = [...text.matchAll(/crowdsec-bouncer crowdsec-\{([\w,]+)\}-bouncer/g)].map(([, list = '']) =>
      list.split(','),
    );
    expect(images).toEqual([Object.keys(kinds).sort()]);
    const loops = [...text.matchAll(/for app in ([\w ]+); do/g)].map(([, list = '']) => list.split(' '));
    for (const loop of loops) expect(loop.filter((app) => app !== 'everything').sort()).toEqual(apps);
  });

  it.each(environments)('$place configures $app without an error or a warning', async ({ app, env }) => {
    const secrets = Object.keys(env).filter((name) => name.endsWith('_FILE'));
    const mapped = Object.fromEntries(
      secrets.map((name) => [
        name,
        path.join(folder, name.includes('SSH_KEY') ? 'key' : name.includes('KNOWN_HOSTS') ? 'hosts' : 'secret'),
      ]),
    );
    const { code, stdout, stderr } = await runConnectorCommand({ app, args: ['config'], env: { ...env, ...mapped } });
    expect(stderr).toBe('');
    expect(code, stdout).toBe(0);
    for (const name of Object.keys(env)) expect(stdout).toContain(name.replace(/_FILE$/, ''));
  });
});
