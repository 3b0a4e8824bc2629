import path from 'node:path';
import { silentLogger } from '@bouncer/target';
import {
  fuzz,
  fuzzSetup,
  hostilePath,
  hostileText,
  hostileUrl,
  readCompose,
  sectionOf,
  shellWordsOf,
} from '@bouncer/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configDirOf } from '../src/plugin/seen-from-traefik.ts';
import { kind } from '../src/kind.ts';
import { dynamicTree } from '../src/plugin/documents.ts';
import { PluginRenderer } from '../src/plugin/plugin-renderer.ts';
import { sampleValues } from '../src/testing.ts';
import { validateTraefik } from '../src/validate.ts';
import { decodeFlat, decodeToml, decodeYaml, normal } from './decode.ts';

const name = fc.oneof(
  hostileText(),
  fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/),
  fc.constantFrom('null', 'Yes', 'n'),
);
const inputs = {
  TRAEFIK_OUTPUT_DIR: hostilePath(),
  TRAEFIK_CONFIG_DIR: hostilePath(),
  TRAEFIK_ADDRESS: fc.oneof(hostileUrl(), fc.constant('http://[fd00::1]:9461/a/~b')),
  TRAEFIK_MIDDLEWARE: name,
  TRAEFIK_PLUGIN_ALIAS: fc.oneof(hostileText(), fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,62}$/)),
};

/** The text below a heading. */
function below(text: string, heading: string): string {
  const section = sectionOf(text, heading);
  return section.slice(section.indexOf('\n') + 1);
}

/** Where Traefik sees the folder. */
function folderOf(values: ReadonlyMap<string, string>): string {
  const own = values.get('TRAEFIK_CONFIG_DIR') ?? '-';
  return (own === '-' ? path.resolve(values.get('TRAEFIK_OUTPUT_DIR') ?? '') : own).replace(/\/+$/, '');
}

describe('what setup prints for Traefik', () => {
  it.each(['yaml', 'toml'])('as %s, flags and variables is read back as the same settings', async (format) => {
    const decode = format === 'yaml' ? decodeYaml : decodeToml;
    const taken = await fuzzSetup({
      connector: kind,
      base: { TRAEFIK_FORMAT: format, TRAEFIK_OUTPUT_DIR: '/output' },
      inputs,
      runs: 150,
      holds({ text, values }) {
        const alias = values.get('TRAEFIK_PLUGIN_ALIAS') ?? '';
        const fixed = decode(below(text, '# Traefik reads its static part')) as Record<string, never>;
        const directory = folderOf(values);
        expect(fixed).toMatchObject({ providers: { file: { directory } }, experimental: { plugins: { [alias]: {} } } });
        const [words = []] = shellWordsOf(
          `traefik ${below(text, '# or on its command line').trim().replaceAll('\n', ' ')}`,
          'traefik',
        );
        expect(words).toContain(`--providers.file.directory=${directory}`);
        expect(words).toHaveLength(5);
        const [variables = []] = shellWordsOf(
          `env ${below(text, '# or in its environment').trim().replaceAll('\n', ' ')}`,
          'env',
        );
        expect(variables).toContain(`TRAEFIK_PROVIDERS_FILE_DIRECTORY=${directory}`);
        const http = decode(below(text, '# Instead of the file provider').replace(/^# .*$/m, ''));
        // A setting without a value is shown as a dash.
        const given = values.get('TRAEFIK_ADDRESS') ?? '-';
        const endpoint = `${given === '-' ? 'http://crowdsec-traefik-bouncer:9461' : given}/traefik/config`;
        expect(http).toMatchObject({ providers: { http: { endpoint } } });
      },
    });
    expect(taken).toBeGreaterThan(15);
  });

  it('for NGINX and Caddy in front is their syntax with the same address', async () => {
    const taken = await fuzzSetup({
      connector: kind,
      base: { TRAEFIK_MODE: 'forwardauth', TRAEFIK_OUTPUT_DIR: '/output', TRAEFIK_TRUSTED_PROXIES: '192.0.2.1' },
      inputs: { TRAEFIK_ADDRESS: hostileUrl() },
      runs: 150,
      holds({ text, values }) {
        const [, url] = /^ {4}proxy_pass ([A-Za-z0-9._~:/%@+=,&[\]-]+)\?proxy=nginx;$/m.exec(text) ?? [];
        expect(url?.startsWith(`${values.get('TRAEFIK_ADDRESS')}/`)).toBe(true);
        const [, origin, uri] = /^forward_auth (\S+) \{\n {4}uri ([A-Za-z0-9._~:/%@+=,&-]+)\n\}$/m.exec(text) ?? [];
        expect(`${origin}${uri}`).toBe(url);
      },
    });
    expect(taken).toBeGreaterThan(15);
  });
});

describe('what is written for labels and KV', () => {
  it('is imported by a command whose file is one word of sh', async () => {
    const taken = await fuzzSetup({
      connector: kind,
      base: { TRAEFIK_FORMAT: 'kv', TRAEFIK_CONFIG_DIR: '/x' },
      inputs: { TRAEFIK_OUTPUT_DIR: hostilePath() },
      runs: 80,
      holds({ text, values }) {
        const [, command = ''] = /^(consul kv import .*), or set the pairs/m.exec(text) ?? [];
        const [words] = shellWordsOf(command, 'consul');
        expect(words).toEqual(['kv', 'import', `@${values.get('TRAEFIK_OUTPUT_DIR')}/crowdsec.consul.json`]);
      },
    });
    expect(taken).toBeGreaterThan(30);
  });

  it('is read back by compose and line by line as the same middleware, or refused', async () => {
    const text = fc
      .oneof(hostileText(), hostileUrl(), fc.constantFrom('a\nb', 'a\tb', '$$', '${X}'))
      .map((each) => Buffer.from(each).toString());
    const option = fc.constantFrom(
      'captchaCustomKey',
      'captchaCustomResponse',
      'crowdsecAppsecHost',
      'redisCacheHost',
      'remediationHeadersCustomName',
      'crowdsecCapiMachineId',
    );
    const input = fc.record({
      outputDir: hostilePath().map((each) => Buffer.from(each).toString()),
      configDir: fc.constantFrom('/output', '/etc/traefik/x@1'),
      plugin: fc.dictionary(option, text, { maxKeys: 2 }),
    });
    let taken = 0;
    await fuzz('labels, KV and compose files of Traefik, read back', input, (given) => {
      const values = sampleValues({ ...given, lapiInsecureSkipVerify: true, format: 'labels' });
      if (validateTraefik(values).length > 0) return;
      taken += 1;
      const expected = normal(dynamicTree(values));
      const [labels, kv] = (['labels', 'kv'] as const).map((format) => {
        const rendered = new PluginRenderer({ ...values, format }, silentLogger).render();
        return new Map(rendered.map(({ path: name, bytes }) => [name, Buffer.from(bytes).toString()]));
      });
      expect(decodeFlat(labels?.get('crowdsec.labels.txt') ?? '', '.')).toEqual(expected);
      expect(decodeFlat(kv?.get('crowdsec.kv.txt') ?? '', '/')).toEqual(expected);
      const traefik = readCompose(labels?.get('crowdsec.compose.txt') ?? '').get('traefik');
      expect(traefik?.mounts).toEqual([{ source: given.outputDir, target: configDirOf(values), readOnly: true }]);
      const [enable, ...own] = traefik?.labels ?? [];
      expect(enable).toBe('traefik.enable=true');
      expect(decodeFlat(own.join('\n'), '.')).toEqual(expected);
    });
    expect(taken).toBeGreaterThan(100);
  });
});
