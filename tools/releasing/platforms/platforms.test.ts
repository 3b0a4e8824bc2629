import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runConnectorCommand } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { platformFiles, unpublished } from './all-platforms.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const files = [...(await platformFiles(unpublished))];
const of = (pattern: RegExp): [string, string, string][] =>
  files.flatMap(([name, text]) => {
    const [, kind = ''] = pattern.exec(name) ?? [];
    return kind === '' ? [] : [[kind, name, text]];
  });

/** What a user would enter. */
const entered: Readonly<Record<string, string>> = {
  CROWDSEC_API_URL: 'https://crowdsec.protected.lan/lapi',
  CROWDSEC_BOUNCER_API_KEY: 'abc123',
  HAPROXY_SOCKET: 'haproxy:9999',
  MIKROTIK_HOST: '192.168.88.1',
  MIKROTIK_USER: 'crowdsec',
  MIKROTIK_PASSWORD: 'printed-by-setup',
  NGINX_CONFIG_DIR: '/etc/nginx/crowdsec',
  PFSENSE_HOST: '192.168.1.1',
  PFSENSE_PASSWORD: 'secret',
  PFSENSE_HOST_KEY: `SHA256:${'A'.repeat(43)}`,
};

/** The connector takes it without a word. */
async function isTaken(app: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { code, stdout, stderr } = await runConnectorCommand({ app, args: ['config'], env });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
}

function filled(fields: readonly { readonly env: string; readonly value: string; readonly isRequired: boolean }[]) {
  return Object.fromEntries(
    fields.map(({ env, value, isRequired }) => {
      const given = value === '' && isRequired ? entered[env] : value;
      if (given === undefined) throw new Error(`nobody has said what is entered for ${env}`);
      return [env, given];
    }),
  );
}

it.each(files)('%s is in the repository as it is generated', async (name, text) => {
  expect(await readFile(path.join(root, 'packaging/platforms', name), 'utf8')).toBe(text);
});

// Elements and attributes as Unraid's own dockerMan writes them, in its order and spacing.
// Source: Docker Template Schema of Unraid's wiki; XML field reference of its catalogue.
describe('a template for Unraid', () => {
  const elements = [
    'Name',
    'Repository',
    'Registry',
    'Network',
    'Shell',
    'Privileged',
    'Support',
    'Project',
    'Overview',
  ];
  const later = ['Category', 'WebUI', 'ExtraParams'];
  const attribute = (name: string, value: string): string => ` ${name}="(?<${name}>${value})"`;
  const config = new RegExp(
    `^  <Config${attribute('Name', '[^"<>&]+')}${attribute('Target', '[^"<>&]+')}${attribute('Default', '[^"<>]*')}` +
      `${attribute('Mode', '|rw|tcp')}${attribute('Description', '[^"<>]*')}${attribute('Type', 'Variable|Path|Port')}` +
      `${attribute('Display', 'always|advanced|advanced-hide')}${attribute('Required', 'true|false')}` +
      `${attribute('Mask', 'true|false')}>(?<value>[^<>]*)</Config>$`,
  );

  it.each(of(/^unraid\/crowdsec-(\w+)-bouncer\.xml$/))('of %s', async (kind, _, text) => {
    const [head, open, ...lines] = text.trimEnd().split('\n');
    expect([head, open, lines.pop()]).toEqual(['<?xml version="1.0"?>', '<Container version="2">', '</Container>']);
    const plain = lines.filter((line) => !line.startsWith('  <Config '));
    const tags = plain.map((line) => /^ {2}<(\w+)>[^<>]*<\/\1>$/.exec(line)?.[1]);
    expect(tags).toEqual([...elements, ...later]);
    expect(text.match(/&(?!amp;|lt;|gt;|quot;)/)).toBeNull();
    const fields = lines
      .filter((line) => line.startsWith('  <Config '))
      .map((line) => config.exec(line)?.groups ?? { line });
    expect(fields.filter(({ line }) => line !== undefined)).toEqual([]);
    const variables = fields.filter(({ Type }) => Type === 'Variable');
    const env = variables.map(({ Target = '', value = '', Required }) => ({
      env: Target,
      value,
      isRequired: Required === 'true',
    }));
    await isTaken(kind, filled(env));
  });
});

// Source: Portainer's documentation, "App template definition format".
describe('the app templates for Portainer', () => {
  interface Template {
    readonly type: number;
    readonly title: string;
    readonly image?: string;
    readonly repository?: { readonly url: string; readonly stackfile: string };
    readonly ports?: readonly string[];
    readonly env: readonly {
      readonly name: string;
      readonly label: string;
      readonly default?: string;
      readonly select?: readonly { readonly text: string; readonly value: string; readonly default?: boolean }[];
    }[];
  }
  const [, text = ''] = files.find(([name]) => name === 'portainer/templates.json') ?? [];
  const { version: format, templates } = JSON.parse(text) as { version: string; templates: Template[] };

  it('are of its third format, each with a number of its own', () => {
    expect(format).toBe('3');
    expect(new Set(templates.map((each) => (each as unknown as { id: number }).id)).size).toBe(templates.length);
  });

  it.each(templates)('$title has what its type needs', async (template) => {
    expect(template).toMatchObject({ platform: 'linux', description: expect.any(String) as string });
    if (template.type === 1) expect(template.image).toMatch(/^ghcr\.io\/OWNER\/crowdsec-\w+-bouncer:latest$/);
    else {
      expect(template.type).toBe(3);
      const file = path.join(root, template.repository?.stackfile ?? '');
      const used = [...(await readFile(file, 'utf8')).matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
      expect(template.env.map(({ name }) => name)).toEqual(expect.arrayContaining(used));
      expect(used).toContain('IMAGE');
    }
    for (const port of template.ports ?? []) expect(port).toMatch(/^\d+:\d+\/tcp$/);
    const env = template.env.map(({ name, label, default: standard, select }) => {
      if (select !== undefined) expect(select.filter((each) => each.default === true).length).toBeLessThanOrEqual(1);
      const value = standard ?? select?.find((each) => each.default === true)?.value ?? '';
      return { env: name, value, isRequired: label.endsWith('(required)') };
    });
    await isTaken(/crowdsec-(\w+)-/.exec(template.title)?.[1] ?? '', filled(env));
  });
});

describe('a compose file for TrueNAS', () => {
  it.each(of(/^truenas\/(\w+)\.yaml$/))('of %s', async (kind, _, text) => {
    const { services } = parse(text, { uniqueKeys: true, strict: true }) as { services: Record<string, Service> };
    const [name = ''] = Object.keys(services);
    const service = services[name];
    // What it takes as the name of an app. Source: app_name of app.create in its API.
    expect(name).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
    expect(name.length).toBeLessThanOrEqual(40);
    expect(service).not.toHaveProperty('build');
    const env = Object.entries(service?.environment ?? {}).map(([key, value]) => ({
      env: key,
      value: value === 'CHANGE-ME' ? '' : value,
      isRequired: value === 'CHANGE-ME',
    }));
    for (const { value } of env) expect(typeof value).toBe('string');
    await isTaken(kind, filled(env));
  });
});

// Source: addons/validate.py and addons/options.py of Home Assistant's Supervisor.
describe('an add-on for Home Assistant', () => {
  const element =
    /^(?:bool|email|url|port|str(?:\((\d+)?,(\d+)?\))?|password(?:\((\d+)?,(\d+)?\))?|int(?:\((\d+)?,(\d+)?\))?|match\(.*\)|list\(.+\))\??$/;
  interface AddOn {
    readonly slug: string;
    readonly arch: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
    readonly options: Readonly<Record<string, unknown>>;
    readonly schema: Tree;
    readonly webui?: string;
    readonly watchdog?: string;
  }
  interface Tree {
    readonly [key: string]: string | Tree;
  }
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'add-on-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** As the Supervisor checks it: every key is in the schema, and what has no `?` is there. */
  function valueOf(key: string, type: string | Tree, given: unknown): unknown {
    if (typeof type === 'string') {
      expect(type, key).toMatch(element);
      return given === undefined && type.endsWith('?') ? undefined : entered[key.toUpperCase()];
    }
    const options = (given ?? {}) as Readonly<Record<string, unknown>>;
    for (const name of Object.keys(options)) expect(Object.keys(type)).toContain(name);
    const values = Object.entries(type).map(([name, each]) => [
      name,
      valueOf([key, name].filter((part) => part !== '').join('_'), each, options[name]),
    ]);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined)) as unknown;
  }

  it.each(of(/^home-assistant\/(\w+)\/config\.yaml$/))('of %s', async (kind, _, text) => {
    const addOn = parse(text, { uniqueKeys: true, strict: true }) as AddOn;
    for (const key of ['name', 'version', 'slug', 'description', 'arch']) expect(addOn).toHaveProperty(key);
    expect(addOn.slug).toMatch(/^[-_.A-Za-z0-9]+$/);
    expect(['aarch64', 'amd64']).toEqual(expect.arrayContaining([...addOn.arch]));
    if (addOn.webui !== undefined) expect(addOn.webui).toMatch(/^https?:\/\/\[HOST\]:\[PORT:\d+\].*$/);
    if (addOn.watchdog !== undefined) expect(addOn.watchdog).toMatch(/^https?:\/\/\[HOST\]:\[PORT:\d+\].*$/);
    const file = path.join(folder, `${kind}.json`);
    await writeFile(file, JSON.stringify(valueOf('', addOn.schema, addOn.options)));
    await isTaken(kind, { ...addOn.environment, CONFIG_FILE: file });
    const docker = files.find(([name]) => name === `home-assistant/${kind}/Dockerfile`)?.[1];
    expect(docker).toBe(`FROM ghcr.io/OWNER/crowdsec-${kind}-bouncer:0.0.0\nUSER 0:0\n`);
  });
});

describe('the pages', () => {
  const blockOf = async (page: string): Promise<string> => {
    const text = await readFile(path.join(root, 'docs', page), 'utf8');
    expect(text).toMatch(/^# .*\n\nNot tried on the product itself/);
    return /^```yaml\n([^]*?)^```$/m.exec(text)?.[1] ?? '';
  };

  it('for TrueNAS has a file as it is generated, filled in', async () => {
    const { services } = parse(await blockOf('truenas.md')) as { services: Record<string, Readonly<Service>> };
    const generated = files.find(([name]) => name === 'truenas/mikrotik.yaml')?.[1] ?? '';
    const { services: empty } = parse(generated) as { services: Record<string, Readonly<Service>> };
    const [page, made] = [services['crowdsec-mikrotik-bouncer'], empty['crowdsec-mikrotik-bouncer']];
    const { environment, image, ...rest } = page ?? {};
    expect({ ...rest, image: 'x', environment: {} }).toEqual({ ...made, image: 'x', environment: {} });
    expect(image).toMatch(/^ghcr\.io\/OWNER\/crowdsec-mikrotik-bouncer:/);
    await isTaken('mikrotik', environment ?? {});
  });

  it('for Home Assistant has options that are taken', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'page-'));
    try {
      const file = path.join(folder, 'options.json');
      await writeFile(file, JSON.stringify(parse(await blockOf('home-assistant.md'))));
      await isTaken('mikrotik', { CONFIG_FILE: file });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each(['unraid.md', 'portainer.md'])('%s says that nobody has tried it there', async (page) => {
    expect(await blockOf(page)).toBe('');
  });
});

interface Service {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
}
