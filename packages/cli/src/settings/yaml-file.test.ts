import { describe, expect, it } from 'vitest';
import { yamlKeys } from './names.ts';
import { sampleOwner } from './testing.ts';
import { settingsOf } from './load-settings.ts';
import { parseYaml } from './yaml-file.ts';

const keys = yamlKeys(settingsOf(sampleOwner), 'sample');

async function parse(text: string) {
  const { values, problems } = await parseYaml('c.yaml', text, keys);
  return {
    values: Object.fromEntries([...values].map(([variable, value]) => [variable, value.text])),
    problems: problems.map(({ variable, problem }) => `${variable}: ${problem}`),
  };
}

describe('parseYaml', () => {
  it('finds groups, top-level keys, aliases and file forms', async () => {
    const text = [
      'crowdsec:',
      '  api_url: https://c.lan',
      '  api_key: abc',
      'api_key_file: /run/key',
      'sample:',
      '  host: [r1.lan, r2.lan]',
      '  password_file: /run/password',
      '  ca_file: /run/ca.pem',
      'allowlist:',
      '  - 192.0.2.1',
      '  - 192.0.2.2',
    ].join('\n');
    expect(await parse(text)).toEqual({
      values: {
        CROWDSEC_API_URL: 'https://c.lan',
        CROWDSEC_API_KEY: 'abc',
        API_KEY_FILE: '/run/key',
        SAMPLE_HOST: 'r1.lan,r2.lan',
        SAMPLE_PASSWORD_FILE: '/run/password',
        SAMPLE_CA_FILE: '/run/ca.pem',
        ALLOWLIST: '192.0.2.1,192.0.2.2',
      },
      problems: [],
    });
  });

  it('keeps the text of plain scalars: a password of digits is no number', async () => {
    const { values } = await parse('sample:\n  password: 0123\n  user: 1e3\n  blacklist: "0x10"\n  tls: no\n');
    expect(values).toEqual({ SAMPLE_PASSWORD: '0123', SAMPLE_USER: '1e3', SAMPLE_BLACKLIST: '0x10', SAMPLE_TLS: 'no' });
  });

  it('takes an empty value, group or file for not set', async () => {
    expect(await parse('sample:\n  password:\n  user: ~\ncrowdsec:\n')).toEqual({ values: {}, problems: [] });
    expect(await parse('')).toEqual({ values: {}, problems: [] });
    expect(await parse('# nothing\n')).toEqual({ values: {}, problems: [] });
  });

  it('follows anchors', async () => {
    const { values } = await parse('sample:\n  user: &u joe\n  blacklist: *u\n');
    expect(values).toEqual({ SAMPLE_USER: 'joe', SAMPLE_BLACKLIST: 'joe' });
  });

  it.each([
    ['sample:\n  hots: r1\n', 'c.yaml:2: unknown key sample.hots; did you mean sample.host?'],
    ['log_levle: info\n', 'c.yaml:1: unknown key log_levle; did you mean log_level?'],
    ['sampel:\n  host: r1\n', 'c.yaml:1: unknown key sampel; `config init` prints those that are known'],
    [
      'completely_different: 1\n',
      'c.yaml:1: unknown key completely_different; `config init` prints those that are known',
    ],
    ['sample: r1\n', 'c.yaml:1: sample must be a group: keys below it, each on a line of its own'],
    ['sample:\n  host:\n    name: r1\n', 'c.yaml:3: sample.host is a group; a plain value is accepted'],
    ['- a\n', 'c.yaml:1: must hold keys and values, such as `crowdsec:` with keys below it'],
    ['log_level: a\nlog_level: b\n', 'c.yaml:2: is not valid YAML: Map keys must be unique'],
    ['sample:\n\thost: r1\n', 'c.yaml:2: is not valid YAML: Tabs are not allowed as indentation'],
    ['a: b: c\n', 'c.yaml:1: is not valid YAML: Nested mappings are not allowed in compact mappings'],
  ])('%j is refused with its line', async (text, problem) => {
    expect((await parse(text)).problems[0]).toBe(problem);
  });
});
