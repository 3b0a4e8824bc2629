import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { blocksOf } from '../../docker/test/blocks.ts';
import { must } from '../../docker/test/engine/run.ts';
import { packPlatforms } from '../releasing/platform-files.ts';

// What the connectors make of the files is held by tools/releasing/platforms/platforms.test.ts; here the pages are followed.
const origin = { registry: 'ghcr.io/OWNER', source: 'https://github.com/OWNER/REPO', version: '1.2.3' };
let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'platforms-'));
  await packPlatforms(origin, { into: home, epoch: 0 });
});
afterAll(() => rm(home, { recursive: true }));

const read = async (file: string): Promise<string> => readFile(path.join(home, file), 'utf8');
const archive = 'crowdsec-bouncer-platforms-1.2.3';

/** Runs the block of a page with the platform's folder in a place of ours. */
async function follow(page: string, platformFolder: string): Promise<void> {
  const { code } = (await blocksOf(page)).find(({ language }) => language === '')!;
  expect(code).toContain(` ${platformFolder}`);
  const place = path.join(home, platformFolder);
  await mkdir(place, { recursive: true });
  await must('sh', ['-ec', code.replaceAll(` ${platformFolder}`, ` ${place}`)], { cwd: home });
}

it('docs/unraid.md: its lines put a template to the others of dockerMan', async () => {
  const folder = '/boot/config/plugins/dockerMan/templates-user/';
  await follow('docs/unraid.md', folder);
  expect(await read(`${folder}crowdsec-mikrotik-bouncer.xml`)).toContain('<Container version="2">');
});

it('docs/home-assistant.md: its lines make a local add-on, whose form knows what the page fills in', async () => {
  await follow('docs/home-assistant.md', '/addons/');
  const { schema } = parse(await read('addons/crowdsec_mikrotik_bouncer/config.yaml')) as { schema: Form };
  const filled = (await blocksOf('docs/home-assistant.md')).find(({ language }) => language === 'yaml')!;
  for (const [group, fields] of Object.entries(parse(filled.code) as Form))
    expect(Object.keys(schema[group] ?? {})).toEqual(expect.arrayContaining(Object.keys(fields)));
});

it('docs/truenas.md: the file of the page is that of the release, with each CHANGE-ME replaced', async () => {
  await must('tar', ['xzf', `${archive}.tgz`], { cwd: home });
  const made = await read(`${archive}/truenas/mikrotik.yaml`);
  const [page] = await blocksOf('docs/truenas.md');
  const pattern = (text: string): string =>
    JSON.stringify(parse(text))
      .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('CHANGE-ME', '[^"]+');
  expect(JSON.stringify(parse(page?.code ?? ''))).toMatch(new RegExp(`^${pattern(made)}$`));
});

it('docs/portainer.md: the files that it names are in the archive', async () => {
  await must('tar', ['xzf', `${archive}.tgz`], { cwd: home });
  expect(Object.keys(JSON.parse(await read(`${archive}/portainer/templates.json`)) as object)).toContain('templates');
  expect(await read(`${archive}/portainer/firewall.yaml`)).toContain('NET_ADMIN');
});

/** Of an add-on: groups of fields. */
type Form = Readonly<Record<string, Readonly<Record<string, string>>>>;
