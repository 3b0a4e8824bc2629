import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  createCertificateAuthority,
  fingerprintOf,
  selfSigned,
  startedAs,
  startLapi,
  startRouterOs,
  until,
  type CertifiedKey,
  type LapiSandbox,
  type RouterOsSandbox,
} from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, environment, held, list, start } from './product.ts';

interface Report {
  readonly ok: boolean;
  readonly steps: readonly {
    readonly ok: boolean;
    readonly step: string;
    readonly seen: string;
    readonly fix?: string;
  }[];
}

/** The first step that failed. */
async function diagnosis(env: Record<string, string>): Promise<string> {
  const { code, stdout } = await command(['check', '--json'], env);
  expect(code).toBe(1);
  const failed = (JSON.parse(stdout) as Report).steps.find((step) => !step.ok);
  expect(failed?.fix, failed?.seen).toBeTruthy();
  return `${failed?.step ?? ''}: ${failed?.seen ?? ''}; ${failed?.fix ?? ''}`;
}

describe("the user's own docker command, LAPI behind /lapi with a private CA", () => {
  let folder: string;
  let lapi: LapiSandbox;
  let router: RouterOsSandbox;
  let routerKey: CertifiedKey;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'user-command-'));
    const authority = await createCertificateAuthority('Defend-O-Tron Root CA');
    await writeFile(path.join(folder, 'ca.crt'), authority.cert);
    lapi = await startLapi({ tls: await authority.server(), prefix: '/lapi' });
    lapi.decisions.add({ value: '203.0.113.7', duration: 3600, origin: 'cscli', scenario: 'manual' });
    routerKey = await selfSigned();
    router = await startRouterOs({ tls: routerKey });
    router.setRule({ family: 4, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': list });
    router.setRule({ family: 6, table: 'raw', chain: 'prerouting', action: 'drop', 'src-address-list': list });
    env = environment(lapi, router, {
      MIKROTIK_TLS: 'true',
      MIKROTIK_TLS_FINGERPRINT: fingerprintOf(routerKey.cert),
      SSL_CERT_DIR: folder,
    });
  });

  afterAll(async () => {
    await lapi.close();
    await router[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  it('works with the CA in a mounted folder of certificates', async () => {
    await using connector = start(env);
    await until('the ban is on the router', () => held(router).includes('203.0.113.7'), 30);
    expect(await connector.stop()).toBe(0);
    expect(lapi.bouncers.list()).toMatchObject([{ type: startedAs('mikrotik').type }]);
  });

  it('passes its own check', async () => {
    const { code, stdout } = await command(['check'], env);
    expect(stdout).not.toContain('FAIL');
    expect(code).toBe(0);
  });

  it.each([
    ['an untrusted CA', { SSL_CERT_DIR: os.tmpdir() }, /^tls: .*CROWDSEC_CA_FILE/],
    ['a wrong key', { CROWDSEC_BOUNCER_API_KEY: 'wrong' }, /^api-key: .*cscli bouncers add/],
    ['no such host', { CROWDSEC_API_URL: 'https://crowdsec.invalid/lapi' }, /^dns: .*(DNS|hosts)/],
    ['connection refused', { CROWDSEC_API_URL: 'https://localhost:9/lapi' }, /^tcp: .*refused/],
    ["the router's certificate", { MIKROTIK_TLS_FINGERPRINT: '' }, /^tls: .*MIKROTIK_TLS_FINGERPRINT/],
    ["the router's password", { MIKROTIK_PASSWORD: 'wrong' }, /^login: .*MIKROTIK_PASSWORD/],
    ['a list that no rule uses', { MIKROTIK_BLACKLIST: 'unused' }, /^rule ipv4: .*src-address-list=unused/],
  ])('check names %s and its fix', async (_, change, expected) => {
    expect(await diagnosis({ ...env, ...change })).toMatch(expected);
  });

  it('check names the missing path', async () => {
    expect(await diagnosis({ ...env, CROWDSEC_API_URL: lapi.url.replace('/lapi', '') })).toMatch(/^path: .*\/lapi/);
  });

  it('check takes no delta from a connector that runs, and writes nothing', async () => {
    router.counters.reset();
    const before = lapi.requests.pulls.length;
    await command(['check'], env);
    expect({ pulls: lapi.requests.pulls.length - before, writes: router.counters.writes }).toEqual({
      pulls: 0,
      writes: 0,
    });
  });

  it.each(['plan', 'check', 'sync', 'config', 'setup', 'purge'])('%s shows no secret', async (name) => {
    const { stdout, stderr } = await command([name], {
      ...env,
      CROWDSEC_BOUNCER_API_KEY: 'top-secret-key',
      MIKROTIK_PASSWORD: 'top-secret-password',
    });
    expect(stdout + stderr).not.toContain('top-secret');
  });
});
