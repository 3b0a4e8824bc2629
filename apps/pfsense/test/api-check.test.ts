import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  OpnSenseSandbox,
  RestSandbox,
  createCertificateAuthority,
  startLapi,
  type CertifiedKey,
  type RestSandboxOptions,
} from '@bouncer/sandbox';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { deviceSteps } from './product.ts';

type Env = Record<string, string>;

const ALIAS = 'crowdsec_blacklists';
const ready = { rules: [ALIAS] };
let ca: string;
let tls: CertifiedKey;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  tls = await authority.server();
  const folder = await mkdtemp(path.join(tmpdir(), 'pfsense-ca-'));
  ca = path.join(folder, 'ca.pem');
  await writeFile(ca, authority.cert);
  return () => rm(folder, { recursive: true });
});

async function base(mode: string, sandbox: { url: string; close(): Promise<void> }): Promise<Env> {
  const lapi = await startLapi();
  onTestFinished(async () => {
    await lapi.close();
    await sandbox.close();
  });
  return {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    PFSENSE_MODE: mode,
    PFSENSE_API_URL: sandbox.url,
    HTTP_LISTEN: 'off',
  };
}

async function rest(options: RestSandboxOptions): Promise<Env> {
  const sandbox = await RestSandbox.start(options);
  return { ...(await base('rest', sandbox)), PFSENSE_API_KEY: sandbox.key };
}

async function opnsense(change: (sandbox: OpnSenseSandbox) => void = () => {}, secure?: CertifiedKey): Promise<Env> {
  const sandbox = await OpnSenseSandbox.start(secure);
  change(sandbox);
  sandbox.load();
  return { ...(await base('opnsense', sandbox)), PFSENSE_API_KEY: sandbox.key, PFSENSE_API_SECRET: sandbox.secret };
}

const names = (lines: readonly string[]): string[] => lines.map((line) => line.split(' ').slice(0, 2).join(' '));
const passes = ['dns', 'tcp', 'tls', 'login', 'rights', 'alias', 'rule', 'room'].map((step) => `ok ${step}`);

describe.each([
  // That this API cannot end connections is told; with PFSENSE_KILL_STATES=false nobody misses it.
  ['rest', () => rest({ ...ready, tls }), ['ok writes', 'warn states', 'fix: use']],
  ['opnsense', () => opnsense(undefined, tls), ['ok states']],
] as const)('check of %s', (_, start, more) => {
  it('tells every step on the way to the rule that blocks', async () => {
    const steps = await deviceSteps({ ...(await start()), PFSENSE_CA_FILE: ca });
    expect(names(steps)).toEqual([...passes, ...more]);
    expect(steps[2]).toContain('issued by "Sandbox CA"');
  });

  it.each([
    ['the certificate is not trusted', {}, 2, 'FAIL tls', 'set PFSENSE_CA_FILE'],
    [
      'there is no such host',
      { PFSENSE_API_URL: 'https://fw.invalid' },
      0,
      'FAIL dns',
      'PFSENSE_API_URL as an address',
    ],
    ['nobody listens', { PFSENSE_API_URL: 'https://127.0.0.1:9' }, 1, 'FAIL tcp', 'port in PFSENSE_API_URL'],
    ['the key is wrong', { PFSENSE_API_KEY: 'wrong', ca: 'yes' }, 3, 'FAIL login', 'check the key'],
    ['the alias is missing', { PFSENSE_ALIAS: 'another', ca: 'yes' }, undefined, 'FAIL alias', 'setup'],
  ])('says so when %s, and goes no further', async (_name, settings, after, step, fix) => {
    const { ca: trusted, ...change } = settings as Env;
    const env = { ...(await start()), ...(trusted === 'yes' && { PFSENSE_CA_FILE: ca }), ...change };
    const steps = await deviceSteps(env);
    expect(names(steps).at(-2)).toBe(step);
    if (after !== undefined) expect(names(steps).slice(0, -2)).toEqual(passes.slice(0, after));
    expect(steps.at(-1)).toMatch(/^fix: /);
    expect(steps.at(-1)).toContain(fix);
  });
});

it('a TLS port that speaks no TLS is named', async () => {
  const env = await rest(ready);
  const steps = await deviceSteps({
    ...env,
    PFSENSE_API_URL: (env['PFSENSE_API_URL'] ?? '').replace('http:', 'https:'),
  });
  expect(names(steps).slice(-2)).toEqual(['FAIL tls', 'fix: check']);
});

it.each([
  ['no rule uses the alias', { rules: [] }, 'FAIL rule', 'Firewall > Rules > WAN'],
  ['aliases may not be read', { missingPrivileges: ['api-v2-firewall-aliases-get'] }, 'FAIL rights', 'aliases-get'],
  ['rules may not be read', { missingPrivileges: ['api-v2-firewall-rules-get'] }, 'warn rule', 'rules-get'],
  ['the alias is of another type', { aliases: [{ name: ALIAS, type: 'host', address: [] }] }, 'FAIL alias', 'Network'],
] as [string, RestSandboxOptions, string, string][])('rest says so when %s', async (_, options, step, fix) => {
  const steps = await deviceSteps(await rest({ ...ready, ...options }));
  const at = names(steps).indexOf(step);
  expect(steps[at + 1]).toMatch(/^fix: /);
  expect(steps[at + 1]).toContain(fix);
  expect(steps.filter((line) => /^(FAIL|warn rule)/.test(line))).toHaveLength(1);
});

it.each<[string, (sandbox: OpnSenseSandbox) => void, string, string]>([
  ['no rule uses the alias', (one) => void (one.rules = []), 'FAIL rule', 'setup --apply'],
  ['the rule is disabled', (one) => void (one.rules[0]!.enabled = '0'), 'FAIL rule', 'enable it'],
  ['the alias is disabled', (one) => void (one.alias!.enabled = '0'), 'FAIL alias', 'enable it'],
  ['the alias is of another type', (one) => void (one.alias = { name: ALIAS, type: 'host' }), 'FAIL alias', 'External'],
  ['tables may not be read', (one) => void (one.forbidden = ['/api/firewall/alias_util/']), 'FAIL rights', 'PF Table'],
  [
    'rules may not be read',
    (one) => void (one.forbidden = ['/api/diagnostics/', '/api/firewall/filter/']),
    'warn rule',
    'Rules [new]',
  ],
])('opnsense says so when %s', async (_, change, step, fix) => {
  const steps = await deviceSteps(await opnsense(change));
  const at = names(steps).indexOf(step);
  expect(steps[at + 1]).toMatch(/^fix: /);
  expect(steps[at + 1]).toContain(fix);
});

it('opnsense finds the rule among the configured ones when pf may not be asked', async () => {
  const steps = await deviceSteps(await opnsense((one) => void (one.forbidden = ['/api/diagnostics/'])));
  expect(names(steps)).toContain('ok rule');
});
