import { coreSettings, type Kind } from '@bouncer/target';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hostileAddress } from './addresses.ts';
import { saidBy } from './command.ts';
import type { Said } from './command.ts';
import { fuzz } from './fuzz.ts';
import { hostileText } from './texts.ts';

/** Anything below a blank but line ends, and what moves a cursor: none of it belongs into what a command prints. */
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

/** YAML that is no settings file: aliases that grow or bite their own tail, tags, odd keys. */
const yamlBombs = [
  `a: &a [x,x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
    .map(
      (name, index) =>
        `${name}: &${name} [${Array(10)
          .fill(`*${'abcdefghi'[index] ?? ''}`)
          .join(',')}]`,
    )
    .join('\n')}\nallowlist: *j\n`,
  `crowdsec:\n  origins: &a [CAPI, ${Array(10).fill('*b').join(',')}]\n`,
  'crowdsec: &a\n  api_url: *a\n',
  'crowdsec:\n  origins: &a [x, *a]\n',
  'crowdsec: &a {api_url: x, <<: *a}\n',
  '? [a, b]\n: c\n',
  '? {a: b}\n: c\n',
  '!!js/function "function(){}": x\n',
  'crowdsec:\n  api_url: !!python/object/apply:os.system ["id"]\n',
  '%YAML 9.9\n---\nx: y\n',
  '__proto__:\n  polluted: true\ncrowdsec:\n  __proto__: {polluted: true}\n',
  '"a\\nb\\u001b[2J": x\ncrowdsec:\n  "c\\r\\nd": y\n',
  '['.repeat(3000),
  `crowdsec:\n${'  - '.repeat(2000)}x\n`,
  '\u0000',
];

/** Settings of any kind never crash a connector, never print what moves a cursor, and are refused on one line each. */
export function hostileSettingsSuite(connector: Kind, base: Readonly<Record<string, string>>): void {
  const { importer } = connector;
  const sound = { CROWDSEC_API_URL: 'http://127.0.0.1:9', CROWDSEC_BOUNCER_API_KEY: 'some-key', ...base };
  const names = Object.values({ ...coreSettings, ...connector.settings }).map(({ env }) => env);

  const command = (args: readonly string[], env: Readonly<Record<string, string>>) => saidBy(connector, args, env);

  function expectCalm({ code, stdout, stderr }: Said, isSetup = false): void {
    expect([0, 2], stderr).toContain(code);
    // A tab may indent what `setup` prints.
    expect(stdout.replaceAll(isSetup ? '\t' : '\u0000\u0001', '')).not.toMatch(control);
    expect(stderr).not.toMatch(control);
    for (const line of stderr.split('\n').slice(0, -1))
      expect(line).toMatch(/^[A-Z][A-Z0-9_]*: |^warning: |^usage: |^\/[^ ]*:\d+: |^\S+ /);
    if (code === 2) expect(stdout).toBe('');
  }

  describe(`${connector.name}: hostile settings`, () => {
    it('are taken or refused, one line each, and never break what is printed', async () => {
      const value = fc.oneof({ arbitrary: hostileText(), weight: 3 }, { arbitrary: hostileAddress(), weight: 1 });
      const some = fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1, maxKeys: 2 });
      await fuzz(
        `settings of ${connector.name}`,
        some,
        async (given) => {
          const env = { ...sound, ...given };
          const seen = await command(['config'], env);
          expectCalm(seen);
          if (seen.code === 0) expectCalm(await command(['setup'], env), true);
        },
        120,
      );
    });

    it('in YAML neither hang it nor crash it', async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'hostile-'));
      onTestFinished(() => {
        rmSync(folder, { recursive: true });
      });
      const file = path.join(folder, 'settings.conf');
      const quoted = hostileText().map(
        (text) => `crowdsec:\n  api_url: ${JSON.stringify(text)}\n  ${JSON.stringify(text)}: x\n`,
      );
      const texts = fc.oneof(
        fc.constantFrom(...yamlBombs),
        hostileText(),
        quoted,
        hostileText().map((text) => `crowdsec:\n  api_url: ${text}\nallowlist: ${text}\n`),
      );
      const look = async (text: string): Promise<void> => {
        writeFileSync(file, text);
        expectCalm(await command(['config', '--config', file], sound));
        if (importer) expectCalm(await command(['config', '--import', file], sound));
      };
      for (const bomb of yamlBombs) await look(bomb);
      await fuzz(`YAML files of ${connector.name}`, texts, look, 60);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    });
  });
}
