import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runConnectorCommand } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
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
// crowdsec-bouncer has one YAML file for all its targets, see docs/several-targets.md: no document of its own yet.
const apps = (await connectors()).filter((app) => app !== 'bouncer');
const environments: ConnectorEnvironment[] = [
  ...(await environmentsOfCompose(root, 'docker/compose')),
  ...(await environmentsOfKubernetes(root, 'docker/kubernetes')),
];

describe('documents for engines, clusters and workflows', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-secrets-'));
    await writeFile(path.join(folder, 'secret'), 'some-secret\n');
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

  it.each(files.filter((file) => file.startsWith('.github')))('%s uses actions by their commit', async (file) => {
    const text = await readFile(path.join(root, file), 'utf8');
    const used = text.split('\n').filter((line) => line.includes('uses:'));
    expect(used).not.toEqual([]);
    for (const line of used) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('every connector has one of each', () => {
    const places = environments.map(({ place, app }) => `${place.split('/').at(-1)} ${app}`);
    for (const app of apps)
      expect(places).toEqual(expect.arrayContaining([`${app}.yaml ${app}`, `everything.yaml ${app}`]));
    expect(
      environments
        .filter(({ place }) => place.includes('kubernetes'))
        .map(({ app }) => app)
        .sort(),
    ).toEqual(apps);
  });

  it.each(environments)('$place configures $app without an error or a warning', async ({ app, env }) => {
    const secrets = Object.keys(env).filter((name) => name.endsWith('_FILE'));
    const mapped = Object.fromEntries(
      secrets.map((name) => [name, path.join(folder, name.includes('SSH_KEY') ? 'key' : 'secret')]),
    );
    const { code, stdout, stderr } = await runConnectorCommand({ app, args: ['config'], env: { ...env, ...mapped } });
    expect(stderr).toBe('');
    expect(code, stdout).toBe(0);
    for (const name of Object.keys(env)) expect(stdout).toContain(name.replace(/_FILE$/, ''));
  });
});
