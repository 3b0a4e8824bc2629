import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { configRows, printConfig } from './config-report.ts';
import { Secret, coreSettings } from '@bouncer/target';
import { settingsOf } from './load-settings.ts';
import { settingsTable } from './markdown-table.ts';
import { Redactor } from './redactor.ts';
import type { Kind } from '@bouncer/target';
import { programOf } from '../runtime/program.ts';
import { programSchema } from './settings-schema.ts';
import { loadSample, sampleEnvironment, sampleOwner } from './testing.ts';

const secrets = [sampleEnvironment.CROWDSEC_BOUNCER_API_KEY, sampleEnvironment.SAMPLE_PASSWORD];

describe('config', () => {
  it('shows every setting with its value and source, and no secret', async () => {
    const loaded = await loadSample({ SAMPLE_LIST: 'mine', ALLOWLIST: '192.0.2.1 192.0.2.2' });
    const rows = configRows(loaded);
    expect(rows.map(({ variable }) => variable)).toEqual(Object.values(settingsOf(sampleOwner)).map(({ env }) => env));
    expect(rows).toContainEqual({ variable: 'SAMPLE_PASSWORD', value: '***', source: 'environment SAMPLE_PASSWORD' });
    expect(rows).toContainEqual({ variable: 'SAMPLE_BLACKLIST', value: 'mine', source: 'environment SAMPLE_LIST' });
    expect(rows).toContainEqual({
      variable: 'ALLOWLIST',
      value: '192.0.2.1,192.0.2.2',
      source: 'environment ALLOWLIST',
    });
    expect(rows).toContainEqual({ variable: 'CROWDSEC_RESYNC_INTERVAL', value: '15m', source: 'default' });
    expect(rows).toContainEqual({ variable: 'SAMPLE_CA_FILE', value: '-', source: 'default' });
    for (const secret of secrets) expect(printConfig(loaded)).not.toContain(secret);
  });
});

describe('a secret', () => {
  it('prints as stars, however it is printed', async () => {
    const { values } = await loadSample();
    const printed = [
      String(values.password),
      JSON.stringify(values),
      inspect(values, { depth: 9, showHidden: true }),
    ].join('\n');
    for (const secret of secrets) expect(printed).not.toContain(secret);
    expect(JSON.stringify({ password: new Secret('x') })).toBe('{"password":"***"}');
  });

  it('is hidden in a text in all its forms', () => {
    const redactor = new Redactor();
    redactor.add('a"b c/d');
    const forms = [
      'a"b c/d',
      JSON.stringify('a"b c/d'),
      new URLSearchParams({ k: 'a"b c/d' }).toString(),
      Buffer.from('a"b c/d').toString('base64'),
    ];
    for (const form of forms) expect(redactor.hide(`x ${form} y`)).toMatch(/^x ["k=]*\*\*\*"? y$/);
  });
});

describe('the README table', () => {
  it('has one row for each setting, with aliases and default', () => {
    const table = settingsTable(coreSettings);
    expect(table.trimEnd().split('\n')).toHaveLength(Object.keys(coreSettings).length + 2);
    expect(table).toContain('| `CROWDSEC_API_URL` (`CROWDSEC_URL`, `CROWDSEC_LAPI_URL`, `API_URL`) | required |');
    expect(table).toContain('| `CROWDSEC_UPDATE_FREQUENCY` (`UPDATE_FREQUENCY`, `TICKER_INTERVAL`) | `10s` |');
    expect(table).toContain('| `CROWDSEC_CA_FILE` | - |');
  });
});

describe('the schema of the YAML file', () => {
  it('knows the groups and closes them', async () => {
    const schema = (await programSchema(programOf(sampleOwner as unknown as Kind))) as {
      additionalProperties: boolean;
      properties: Record<string, { properties: Record<string, unknown>; additionalProperties?: boolean }>;
    };
    expect(schema.additionalProperties).toBe(false);
    expect(Object.keys(schema.properties['sample']!.properties)).toContain('blacklist');
    expect(schema.properties['sample']!.additionalProperties).toBe(false);
    expect(schema.properties['crowdsec']!.properties).toMatchObject({ api_url: { type: 'string' } });
    expect(schema.properties).toHaveProperty('log_level');
  });
});
