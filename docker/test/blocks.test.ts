import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { generateKeyPairSync } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { runConnectorCommand } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kinds } from '../../tools/kinds.ts';
import { blocksOf, commandsOf, dockerRun, documents, wordsOf, type Block } from './blocks.ts';
import { run } from './engine/run.ts';
import { connectors, imageOf } from './images.ts';

const root = path.resolve(import.meta.dirname, '../..');
const files = await documents();
const blocks = (await Promise.all(files.map(blocksOf))).flat();
const shell = blocks.filter(({ language }) => language === '');
const images = (await connectors()).map(imageOf);
const own = (command: string): boolean => images.some((image) => command.includes(image));
const started = shell.flatMap(({ place, code }) =>
  commandsOf(code)
    .filter((line) => line.startsWith('docker run ') && own(line))
    // With a settings file of the page it is followed by suites/several-targets-page.ts.
    .filter((line) => !line.includes(':/etc/crowdsec/bouncers/'))
    .map((command) => ({ place, command })),
);
const composed = shell.flatMap((block) =>
  commandsOf(block.code)
    .filter((line) => line.includes('docker compose -f '))
    .map((command) => ({ block, command })),
);

/** Examples that a person replaces, made into what the connector takes for real. */
const filledIn = (value: string): string => (value === '...' ? 'something' : value);

describe('what people copy', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'bouncer-blocks-'));
    await writeFile(path.join(folder, 'text'), 'something\n');
    const { privateKey } = generateKeyPairSync('ed25519');
    await writeFile(path.join(folder, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(shell)('$place: a shell takes it, and reads nothing as a redirection', async ({ code }) => {
    expect(code).not.toMatch(/<[\w ./-]+>/);
    const { code: exit, stderr } = await run('bash', ['-n', '-c', code]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  });

  it.each(started)('$place: the connector takes `$command`', async ({ command }) => {
    const { image, env, args, options } = dockerRun(await wordsOf(command));
    expect(images).toContain(image);
    const isOn = options.includes('-d');
    const seen = options.includes('127.0.0.1:9460:9460') || env['HTTP_LISTEN'] === '127.0.0.1:9460';
    expect(seen || !isOn).toBe(true);
    if (!isOn) expect(args).toHaveLength(1);
    const app = image === 'crowdsec-bouncer' ? 'bouncer' : (/crowdsec-(\w+)-bouncer/.exec(image)?.[1] ?? '');
    const given = Object.entries(env).map(([name, value]): [string, string] => {
      if (!name.endsWith('_FILE')) return [name, filledIn(value)];
      expect(options.join('\n')).toContain(`:${value}:ro`);
      return [name, path.join(folder, name.includes('SSH_KEY') ? 'key' : 'text')];
    });
    const answer = await runConnectorCommand({ app, args: ['config'], env: Object.fromEntries<string>(given) });
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code: 0, stderr: '' });
  });

  // The quick starts are pasted on a real engine (suites/quick-starts.ts): these are known to work as well.
  it.each(Object.keys(kinds))('apps/%s/README.md starts it as the quick start does', async (kind) => {
    const optionsIn = async (file: string): Promise<string[]> => {
      const found = started.find(
        ({ place, command }) =>
          place.startsWith(file) && command.includes(' -d ') && command.endsWith(` ${imageOf(kind)}`),
      );
      const { options } = dockerRun(await wordsOf(found?.command ?? ''));
      const values = options.filter(
        (word) => !word.startsWith('-') && !word.endsWith('-bouncer') && word !== 'crowdsec-traefik',
      );
      return values.map((word) => word.replace(/(KEY|PASSWORD)=.*/, '$1')).sort();
    };
    const own = await optionsIn(`apps/${kind}/README.md`);
    expect(own).not.toEqual([]);
    expect(own).toEqual(await optionsIn('README.md'));
  });

  it('README.md has both ways for each kind, and compose finds what the block makes', () => {
    const seen = (search: readonly { readonly command: string }[], word: string) =>
      search.filter(({ command }) => command.includes(word)).length;
    for (const kind of Object.keys(kinds)) {
      expect([kind, seen(started, ` ${imageOf(kind)}`) > 0]).toEqual([kind, true]);
      expect([kind, seen(composed, `docker/compose/${kind}.yaml up -d`) > 0]).toEqual([kind, true]);
    }
  });

  it.each(composed)('$command', async ({ block, command }) => {
    const [, file = ''] = /-f (\S+)/.exec(command) ?? [];
    const text = await readFile(path.join(root, file), 'utf8');
    const { services, secrets = {} } = parse(text) as Composition;
    for (const service of Object.values(services)) {
      if (!own(service.image)) continue;
      expect(service.build).toMatchObject({ context: '../..', dockerfile: 'docker/Dockerfile' });
      expect(service.network_mode === 'host' || /^127\.0\.0\.1:946\d:9460$/.test(service.ports?.[0] ?? '')).toBe(true);
    }
    if (!command.includes(' up -d') || command.includes('--build')) return;
    for (const [, name = ''] of text.matchAll(/\$\{(\w+):\?/g)) expect(command).toContain(`${name}=`);
    const [, profiles] = /COMPOSE_PROFILES=(\S+)/.exec(command) ?? [];
    const chosen = Object.values(services).filter(
      (each) =>
        profiles === undefined || each.profiles?.some((profile) => profiles.split(',').includes(profile)) !== false,
    );
    const needed = profiles === undefined ? Object.keys(secrets) : chosen.flatMap((each) => each.secrets ?? []);
    for (const name of needed) {
      const { file: secret = '' } = secrets[name] ?? {};
      expect(madeBefore(block, command)).toContain(path.join('docker/compose', secret));
    }
  });

  it('README.md is short, and every link of the documents leads somewhere', async () => {
    const readme = await readFile(path.join(root, 'README.md'), 'utf8');
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(200);
    const dead: string[] = [];
    for (const file of files) {
      const text = (await readFile(path.join(root, file), 'utf8')).replaceAll(/^ *```[^]*?^ *```/gm, '');
      for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link)) continue;
        const [target = '', anchor] = link.split('#');
        const to = target === '' ? file : path.join(path.dirname(file), target);
        const isThere = existsSync(path.join(root, to));
        const anchors = isThere && anchor !== undefined ? await anchorsOf(to) : [anchor];
        if (!isThere || !anchors.includes(anchor)) dead.push(`${file}: ${link}`);
      }
    }
    expect(dead).toEqual([]);
  });
});

interface Composition {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly build?: object;
        readonly ports?: readonly string[];
        readonly profiles?: readonly string[];
        readonly secrets?: readonly string[];
        readonly network_mode?: string;
      }
    >
  >;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

/** What the blocks of the same quick start have made by the time of a command. */
function madeBefore({ place, code }: Block, command: string): string {
  const same = shell.filter((each) => each.place === place);
  const before = same.slice(0, same.findIndex((each) => each.code === code) + 1).map((each) => commandsOf(each.code));
  const lines = before.flat();
  return lines.slice(0, lines.indexOf(command)).join('\n');
}

/** The anchors of a document's headings, as GitHub makes them. */
async function anchorsOf(file: string): Promise<string[]> {
  const text = await readFile(path.join(root, file), 'utf8');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}
