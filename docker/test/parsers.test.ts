import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from './documents.ts';
import { run } from './engine/run.ts';
import { connectors } from './images.ts';

const documents = path.resolve(import.meta.dirname, '..');
// crowdsec-bouncer has one YAML file for all its targets, see docs/several-targets.md: no document of its own yet.
const apps = (await connectors()).filter((app) => app !== 'bouncer');

/** Programs that read our documents without doing anything. Each is tried where the machine has it. */
const parsers = [
  ...[...apps, 'everything'].map((name) => ({
    words: ['docker', 'compose', '--file', `compose/${name}.yaml`, 'config', '--quiet'],
    probe: ['docker', 'compose', 'version'],
  })),
  // A stack has no start order, so that everything.yaml is not for it.
  ...apps.map((name) => ({
    words: ['docker', 'stack', 'config', '--compose-file', `compose/${name}.yaml`],
    probe: ['docker', 'stack', 'config', '--help'],
  })),
  {
    words: ['docker', 'buildx', 'bake', '--file', 'docker-bake.hcl', '--print', 'release'],
    probe: ['docker', 'buildx', 'version'],
  },
  ...apps.map((name) => ({
    words: ['kubectl', 'kustomize', `kubernetes/${name}`],
    probe: ['kubectl', 'version', '--client'],
  })),
];

async function isThere([command = '', ...args]: readonly string[]): Promise<boolean> {
  return (await run(command, args)).code === 0;
}

describe('the documents, read by the programs that they are for', async () => {
  let folder: string;
  beforeAll(async () => {
    // Secrets have to be there; in a copy, so that none lies in the checkout.
    folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-documents-'));
    for (const name of ['compose', 'kubernetes', 'docker-bake.hcl']) {
      await cp(path.join(documents, name), path.join(folder, name), { recursive: true });
    }
    const secrets = ['mikrotik_password', 'pfsense_ssh_key', 'grafana_password'];
    await mkdir(path.join(folder, 'compose/secrets'), { recursive: true });
    for (const name of [...secrets, ...apps.map((app) => `bouncer_key_${app}`)]) {
      await writeFile(path.join(folder, 'compose/secrets', name), 'secret\n');
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  const present = await Promise.all(parsers.map(({ probe }) => isThere(probe)));
  for (const [index, { words, probe }] of parsers.entries()) {
    const missing = present[index] === true ? '' : ` (\`${probe.join(' ')}\` does not work here)`;
    it.skipIf(missing !== '')(`${words.join(' ')}${missing}`, async () => {
      const [command = '', ...args] = words;
      const env = { ...process.env, ...answers };
      const { code, stderr } = await run(command, args, { cwd: folder, env });
      // A stack publishes on all addresses, which it tells; compose, for which the files are, listens where they say.
      const told = stderr.replaceAll(/^.*ignoring IP-address \(127\.0\.0\.1:.*\n/gm, '');
      expect({ code, told }).toEqual({ code: 0, told: expect.not.stringMatching(/warn|error/i) as string });
    });
  }
});
