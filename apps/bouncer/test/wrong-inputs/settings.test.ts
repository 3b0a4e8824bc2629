import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificateAuthority } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from './command.ts';
import { lapiCases } from './lapi-cases.ts';
import { ownCases } from './own-cases.ts';
import type { SettingCase } from './setting-case.ts';
import { sharedCases } from './shared-cases.ts';
import { commandCases, yamlCases } from './yaml-cases.ts';

const settingCases: readonly SettingCase[] = [...lapiCases, ...sharedCases, ...yamlCases, ...commandCases, ...ownCases];
const folder = mkdtempSync(path.join(tmpdir(), 'wrong-'));
const sound: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  mikrotik: { MIKROTIK_HOST: '192.168.88.1', MIKROTIK_USER: 'crowdsec', MIKROTIK_PASSWORD: 'secret' },
  pfsense: { PFSENSE_HOST: '192.168.1.1', PFSENSE_PASSWORD: 'secret' },
  nginx: { NGINX_OUTPUT_DIR: '{dir}/out' },
  traefik: { TRAEFIK_OUTPUT_DIR: '{dir}/out' },
  haproxy: { HAPROXY_SOCKET: '/run/haproxy/admin.sock' },
  firewall: {},
  bouncer: { TARGETS: 'nginx', NGINX_OUTPUT_DIR: '{dir}/out' },
};
const core = {
  CROWDSEC_API_URL: 'https://crowdsec.protected.lan/lapi',
  CROWDSEC_BOUNCER_API_KEY: 'abc123def',
  HTTP_LISTEN: '127.0.0.1:9460',
};

beforeAll(async () => {
  const ca = await createCertificateAuthority();
  const client = await ca.client({ commonName: 'bouncer', unit: 'bouncers' });
  for (const name of ['out', 'folder']) mkdirSync(path.join(folder, name));
  const files = {
    empty: '',
    text: 'hello',
    'ca.pem': ca.cert,
    'client.pem': client.cert,
    'client-key.pem': client.key,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const filled = (text: string): string => text.replaceAll('{dir}', folder);

/** The environment of a case, with its YAML file written. */
function environment(
  app: string,
  change: Readonly<Record<string, string | null>>,
  yaml: string | undefined,
): Record<string, string> {
  const file = path.join(folder, 'given.yaml');
  if (yaml !== undefined) writeFileSync(file, filled(yaml));
  const all: Record<string, string | null> = {
    ...core,
    ...sound[app],
    ...(yaml !== undefined && { CONFIG_FILE: file }),
    ...change,
  };
  // What a YAML file says, the environment would hide.
  const hidden = yaml === undefined ? [] : app === 'bouncer' ? ['NGINX_OUTPUT_DIR'] : ['CROWDSEC_API_URL'];
  const isHidden = (name: string): boolean =>
    hidden.includes(name) && (app === 'bouncer' || yaml?.includes('api_url') === true);
  const given = Object.entries(all).filter(([name, value]) => value !== null && !isHidden(name));
  return Object.fromEntries(given.map(([name, value]) => [name, filled(value ?? '')]));
}

/** What a person does who has read the line. */
function followed({ wrong = {}, then, fix }: SettingCase, proposal: string): Record<string, string | null> {
  const [first = ''] = Object.keys(wrong);
  const change = then ?? { [first]: '$1' };
  expect(then !== undefined || (proposal !== '' && first !== ''), `${String(fix)} proposes nothing to do`).toBe(true);
  return Object.fromEntries(
    Object.entries(change).map(([name, value]) => [name, value === null ? null : value.replaceAll('$1', proposal)]),
  );
}

describe('a wrong setting', () => {
  it.each(settingCases)('$app: $cause', async (given) => {
    const { app, wrong = {}, yaml, args = ['config'], cause, fix, yamlThen, argsThen } = given;
    const { code, stdout, stderr } = await command(app, args, environment(app, wrong, yaml));
    const said = stderr.replaceAll(folder, '{dir}').trimEnd();
    expect({ code, stdout, lines: said.split('\n').length, said }).toEqual({ code: 2, stdout: '', lines: 1, said });
    expect(said).toContain(cause);
    expect(said).toMatch(fix);

    const proposal = fix.exec(said)?.[1] ?? '';
    const isByFile = yamlThen !== undefined || argsThen !== undefined;
    const change = given.then !== undefined || !isByFile ? followed(given, proposal) : {};
    const yamlNow = (yamlThen ?? yaml)?.replaceAll('$1', proposal);
    const argsNow = (argsThen ?? args).map((word) => word.replaceAll('$1', proposal));
    const mended = await command(app, argsNow, environment(app, { ...wrong, ...change }, yamlNow));
    expect({ code: mended.code, stderr: mended.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('is one of 100 and more, of every kind', () => {
    expect(settingCases.length).toBeGreaterThanOrEqual(100);
    expect(new Set(settingCases.map(({ app }) => app))).toEqual(new Set(Object.keys(sound)));
  });
});
