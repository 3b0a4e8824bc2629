import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Ajv from 'ajv';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse as parseYaml, parseAllDocuments } from 'yaml';
import { Secret, silentLogger } from '@bouncer/target';
import { createCertificateAuthority } from '@bouncer/sandbox';
import { fuzz, hostileText } from '@bouncer/testkit';
import type { Network } from '@bouncer/stream';
import type { TraefikValues } from '../src/config.ts';
import { emitToml } from '../src/emit/toml.ts';
import { emitYaml } from '../src/emit/yaml.ts';
import { forwardAuthTree } from '../src/forward-auth/middleware.ts';
import { nativeTree } from '../src/native/native-tree.ts';
import { dynamicTree, httpProviderTree, pluginModule, pluginTree, providerTree } from '../src/plugin/documents.ts';
import { configurationFiles } from '../src/plugin/plugin-files.ts';
import { PluginRenderer } from '../src/plugin/plugin-renderer.ts';
import { sampleValues } from '../src/testing.ts';
import type { TreeMap } from '../src/emit/tree.ts';
import { decodeFlat, decodeToml, decodeYaml, normal } from './decode.ts';
import { noSchemas, readSchema } from './schemas.ts';

const many = sampleValues({
  lapiInsecureSkipVerify: true,
  blockPrivateNetworks: false,
  trustedProxies: ['192.0.2.0/24', '2001:db8::1'] as Network[],
  plugin: {
    captchaProvider: 'custom',
    captchaCustomJsUrl: 'https://c.example/?a=1&b="$x"',
    captchaCustomValidateUrl: 'https://c.example/v',
    captchaCustomKey: '0123',
    captchaCustomResponse: '1_000',
    captchaSecretKey: 'hush-hush',
    redisCacheDatabase: '2026-01-01',
    redisCacheReadHosts: ['a:1', 'b:2'],
    crowdsecAppsecHost: '40796e93',
  },
});

function files(values: TraefikValues): Record<string, string> {
  const rendered = new PluginRenderer(values, silentLogger).render();
  return Object.fromEntries(rendered.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]));
}

describe('the plugin configuration', () => {
  it('is the same tree in YAML, TOML, labels, KV and over HTTP', () => {
    const expected = normal(dynamicTree(many));
    expect(decodeYaml(files(many)['crowdsec.yml']!)).toEqual(expected);
    expect(decodeToml(files({ ...many, format: 'toml' })['crowdsec.toml']!)).toEqual(expected);
    expect(decodeFlat(files({ ...many, format: 'labels' })['crowdsec.labels.txt']!, '.')).toEqual(expected);
    const kv = files({ ...many, format: 'kv' });
    expect(decodeFlat(kv['crowdsec.kv.txt']!, '/')).toEqual(expected);
    const rows = JSON.parse(kv['crowdsec.consul.json']!) as { key: string; value: string }[];
    const lines = rows.map(({ key, value }) => `${key}=${Buffer.from(value, 'base64').toString()}`).join('\n');
    expect(decodeFlat(lines, '/')).toEqual(expected);
  });

  it('quotes every text, so that no reader takes one for a number, a date or a switch', () => {
    const text = files(many)['crowdsec.yml']!;
    for (const value of ['0123', '1_000', '2026-01-01', '40796e93']) expect(text).toContain(`: "${value}"`);
    expect(text).toContain('enabled: true');
  });

  it('holds no secret in any format but in files of their own, which not everybody may read', () => {
    for (const format of ['yaml', 'toml', 'labels', 'kv'] as const) {
      const rendered = new PluginRenderer({ ...many, format }, silentLogger).render();
      const holders = rendered.filter(({ bytes }) => /hush-hush|abc123/.test(Buffer.from(bytes).toString()));
      expect(holders.map(({ path, mode }) => [path, mode])).toEqual([
        ['crowdsec-lapi.key', 0o640],
        ['crowdsec-captchaSecretKey.secret', 0o640],
      ]);
    }
    expect(JSON.stringify(dynamicTree(many))).toContain(
      '"captchaSecretKeyFile":"/output/crowdsec-captchaSecretKey.secret"',
    );
  });

  it('doubles the dollar for compose', () => {
    const compose = parseYaml(files({ ...many, format: 'labels' })['crowdsec.compose.txt']!) as {
      services: { traefik: { labels: string[]; command: string[] } };
    };
    expect(compose.services.traefik.labels).toContainEqual(
      'traefik.http.middlewares.crowdsec.plugin.crowdsec.captchaCustomJsUrl=https://c.example/?a=1&b="$$x"',
    );
    expect(compose.services.traefik.command).toContain('--experimental.plugins.crowdsec.version=v1.7.1');
  });

  it('for compose has our own service, and takes no flag away from Traefik', () => {
    const compose = (more: Partial<TraefikValues>): Record<string, never> => {
      const values = sampleValues({ outputDir: '/output', format: 'labels', ...more });
      const dynamic = values.mode === 'plugin' ? dynamicTree(values) : forwardAuthTree(values);
      const fixed = values.mode === 'plugin' ? pluginTree(values) : {};
      const rendered = configurationFiles(values, { dynamic, static: fixed, comments: [] });
      return parseYaml(Buffer.from(rendered[1]!.bytes).toString()) as Record<string, never>;
    };
    const asked = compose({ mode: 'forwardauth', trustedProxies: ['192.0.2.0/24'] as Network[] });
    expect(asked).toMatchObject({
      services: {
        traefik: { networks: ['default', 'crowdsec'] },
        'crowdsec-traefik-bouncer': {
          networks: ['default', 'crowdsec'],
          environment: { TRAEFIK_MODE: 'forwardauth', TRAEFIK_TRUSTED_PROXIES: '172.30.254.0/24,192.0.2.0/24' },
          secrets: ['crowdsec_bouncer_key'],
        },
      },
      networks: { crowdsec: { ipam: { config: [{ subnet: '172.30.254.0/24' }] } } },
    });
    expect(Object.keys(asked['services']!['traefik'])).toEqual(['networks', 'labels']);
    const inside = compose({}) as unknown as { services: { traefik: object } };
    expect(inside.services.traefik).toMatchObject({
      volumes: [{ source: '/srv/traefik/dynamic', target: '/output', read_only: true }],
      command: expect.arrayContaining(['--experimental.abortonpluginfailure=true']) as unknown,
    });
  });

  it('ends a Traefik that cannot load the plugin, from the version on that can, and downloads nothing where it is told', () => {
    const tree = (more: Partial<TraefikValues>): unknown => pluginTree(sampleValues(more))['experimental'];
    expect(tree({ version: [3, 3, 0] })).toMatchObject({ abortOnPluginFailure: true });
    expect(tree({ version: [3, 2, 9] })).not.toHaveProperty('abortOnPluginFailure');
    expect(tree({ localPlugin: true, version: [2, 11, 0] })).toEqual({
      localPlugins: { crowdsec: { moduleName: pluginModule } },
    });
  });

  it('refers to a Secret in Kubernetes, and the Secret has what is referred to', () => {
    const all = files({ ...many, format: 'kubernetes', middleware: 'Crowd_Sec' });
    const middleware = parseYaml(all['Crowd_Sec-middleware.yaml']!) as { metadata: { name: string } };
    const secret = parseYaml(all['Crowd_Sec-secret.yaml']!) as {
      metadata: { name: string };
      stringData: Record<string, string>;
    };
    expect(middleware.metadata.name).toBe('crowd-sec');
    const named = [...all['Crowd_Sec-middleware.yaml']!.matchAll(/urn:k8s:secret:([\w-]+):([\w.-]+)/g)];
    expect(named.map(([, name, key]) => [name, secret.stringData[key!]])).toEqual([
      [secret.metadata.name, 'abc123\n'],
      [secret.metadata.name, 'hush-hush\n'],
    ]);
    expect(parseYaml(all['helm-values.yaml']!)).toEqual(pluginTree(many));
  });

  it('has one name only that the file provider reads, and the key before it', () => {
    const names = Object.keys(files(many));
    expect(names.filter((name) => /\.(ya?ml|toml)$/i.test(name))).toEqual(['crowdsec.yml']);
    expect(names.indexOf('crowdsec-lapi.key')).toBeLessThan(names.indexOf('crowdsec.yml'));
  });

  it('gives a CA for https, whatever the version, and none when nothing is verified', async () => {
    const lapiCaFile = path.join(mkdtempSync(path.join(tmpdir(), 'bouncer-')), 'ca.pem');
    onTestFinished(() => {
      rmSync(path.dirname(lapiCaFile), { recursive: true });
    });
    writeFileSync(lapiCaFile, (await createCertificateAuthority()).cert);
    const strict = sampleValues({ lapiCaFile });
    expect(Object.keys(files(strict))).toContain('crowdsec-ca.pem');
    expect(files(strict)['crowdsec.yml']).toContain(
      'crowdsecLapiTlsCertificateAuthorityFile: "/output/crowdsec-ca.pem"',
    );
    expect(Object.keys(files(many))).not.toContain('crowdsec-ca.pem');
  });

  it('changes when the key in its file changes, and only then', () => {
    let key = 'first-key';
    const values = sampleValues({ lapiInsecureSkipVerify: true, lapiKey: new Secret(key, () => key) });
    const renderer = new PluginRenderer(values, silentLogger);
    const first = JSON.stringify(renderer.render());
    expect(JSON.stringify(renderer.render())).toBe(first);
    key = 'second-key';
    expect(Buffer.from(renderer.render()[0]!.bytes).toString()).toBe('second-key\n');
  });
});

describe.skipIf(noSchemas !== undefined)(`Traefik's JSON schemas (${noSchemas ?? 'ready'})`, () => {
  const ajv = new Ajv({ schemaId: 'auto', unknownFormats: 'ignore', logger: false });
  const compiled = new Map<string, Ajv.ValidateFunction>();
  function expectValid(name: string, tree: TreeMap): void {
    const validate = compiled.get(name) ?? ajv.compile(readSchema(name));
    compiled.set(name, validate);
    // What is emitted, not the tree it was emitted from.
    for (const data of [parseYaml(emitYaml(tree)) as unknown, JSON.parse(JSON.stringify(tree)) as unknown]) {
      expect([name, validate(data), validate.errors ?? []]).toEqual([name, true, []]);
    }
  }

  it.each([
    [2, [2, 11, 0]],
    [2, [2, 11, 53]],
    [3, [3, 0, 0]],
    [3, [3, 6, 9]],
    [3, [3, 7, 0]],
  ] as const)('v%i: all that is emitted is valid for %j', (major, version) => {
    const values = { ...many, version };
    const networks = ['203.0.113.7', '2001:db8::/32'] as Network[];
    expectValid(`traefik-v${major}`, pluginTree(values));
    expectValid(`traefik-v${major}`, pluginTree({ ...values, localPlugin: true }));
    expectValid(`traefik-v${major}`, providerTree(values));
    expectValid(`traefik-v${major}`, httpProviderTree(values));
    const dynamic = [
      dynamicTree(values),
      // The schema of v2 is older than the releases that know maxResponseBodySize.
      forwardAuthTree(major === 2 ? { ...values, version: [2, 11, 0] } : values),
      nativeTree({ ...values, trustedProxies: [] }, networks),
      nativeTree(values, networks),
      nativeTree({ ...values, tcpEntryPoints: ['ssh'] }, networks),
    ];
    for (const tree of dynamic) expectValid(`traefik-v${major}-file-provider`, tree);
  });

  it('would notice a slip', () => {
    const validate = ajv.compile({ ...readSchema('traefik-v3-file-provider'), $id: 'slip' });
    const tree = dynamicTree(many) as unknown as { http: { middlewares: { crowdsec: object } } };
    expect(validate({ http: { middlewares: { crowdsec: { ...tree.http.middlewares.crowdsec, plugn: {} } } } })).toBe(
      false,
    );
  });
});

describe('any tree', () => {
  const key = fc.oneof(
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.constantFrom('on', 'null', '123', '1e5', 'a b', 'y'),
  );
  const leaf = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.integer(),
    fc.constantFrom('0123', '1_000', '2026-01-01', 'yes', '~', '1:20', "a'b", 'a\nb'),
  );
  const tree = fc.dictionary(key, fc.oneof(leaf, fc.array(fc.string(), { minLength: 1 }), fc.dictionary(key, leaf)), {
    minKeys: 1,
  });

  it('comes back from YAML and TOML as it went in, also with text that wants to be more than text', async () => {
    const text = hostileText().filter((each) => Buffer.from(each).toString() === each);
    const name = text.filter((each) => each !== '' && each !== '__proto__');
    const hostile = fc.dictionary(name, fc.oneof(text, fc.array(text, { minLength: 1 }), fc.dictionary(name, text)), {
      minKeys: 1,
    });
    await fuzz('trees of Traefik in YAML and TOML', hostile, (any) => {
      const plain = JSON.parse(JSON.stringify(any)) as TreeMap;
      expect(parseYaml(emitYaml(plain))).toEqual(plain);
      expect(decodeToml(emitToml(plain))).toEqual(normal(plain));
      const [document] = parseAllDocuments(emitYaml(plain), { version: '1.1' });
      expect((document as { toJS(): unknown }).toJS()).toEqual(plain);
    });
  });

  it('comes back from YAML and TOML as it went in', () => {
    fc.assert(
      fc.property(tree, (any) => {
        const plain = JSON.parse(JSON.stringify(any)) as TreeMap;
        expect(parseYaml(emitYaml(plain))).toEqual(plain);
        expect(decodeToml(emitToml(plain))).toEqual(normal(plain));
        // As a YAML 1.1 reader has it, with its wider idea of numbers, dates and switches.
        const [document] = parseAllDocuments(emitYaml(plain), { version: '1.1' });
        expect((document as { toJS(): unknown }).toJS()).toEqual(plain);
      }),
      { numRuns: 500 * Number(process.env['FUZZ_SCALE'] ?? 1) },
    );
  });
});
