import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommandLine } from '@bouncer/cli';
import { createCertificateAuthority, decisionMix, startLapi, type LapiSandbox } from '@bouncer/sandbox';
import { systemClock } from '@bouncer/stream';
import { programOf } from '@bouncer/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kind } from '../src/kind.ts';

let lapi: LapiSandbox;
let folder: string;
beforeEach(async () => {
  lapi = await startLapi({ decisions: decisionMix({ local: 20 }) });
  folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
});
afterEach(async () => {
  await lapi[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs one command; `yaml` is the configuration file. */
async function command(args: readonly string[], env: Record<string, string> = {}, yaml?: string) {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({ write: (text: string) => void (written[name] += text) });
  const file = path.join(folder, 'config.conf');
  if (yaml !== undefined) writeFileSync(file, yaml);
  const { program, env: more } = programOf(kind);
  const code = await runCommandLine(program, args, {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: {
      ...more,
      CROWDSEC_API_URL: lapi.url,
      CROWDSEC_BOUNCER_API_KEY: lapi.key,
      TRAEFIK_OUTPUT_DIR: folder,
      TRAEFIK_LISTEN: '127.0.0.1:0',
      HTTP_LISTEN: 'off',
      ...(yaml === undefined ? {} : { CONFIG_FILE: file }),
      ...env,
    },
    clock: systemClock,
    signal: new AbortController().signal,
    configFolder: '/nowhere',
  });
  return { code, ...written };
}

const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');

describe('plugin mode', () => {
  it('writes once, asks LAPI for nothing, and leaves alone what is right', async () => {
    expect((await command(['sync'])).code).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['crowdsec-lapi.key', 'crowdsec.yml', 'traefik-static.yml.txt']);
    expect([read('crowdsec-lapi.key'), statSync(path.join(folder, 'crowdsec-lapi.key')).mode & 0o777]).toEqual([
      `${lapi.key}\n`,
      0o640,
    ]);
    for (const name of readdirSync(folder)) utimesSync(path.join(folder, name), 1, 1);
    expect((await command(['sync'])).code).toBe(0);
    expect(readdirSync(folder).map((name) => statSync(path.join(folder, name)).mtimeMs)).toEqual([1000, 1000, 1000]);
    expect(lapi.requests.pulls).toEqual([]);
  });

  it('lets the plugin send no metrics to a LAPI that takes none, and asks it for nothing else', async () => {
    await using old = await startLapi({ generation: '1.4' });
    for (const [{ url, key }, metrics] of [
      [old, true],
      [lapi, false],
    ] as const) {
      expect((await command(['sync'], { CROWDSEC_API_URL: url, CROWDSEC_BOUNCER_API_KEY: key })).code).toBe(0);
      expect(read('crowdsec.yml').includes('metricsUpdateIntervalSeconds: 0')).toBe(metrics);
    }
    expect(lapi.usageMetrics).toEqual([]);
  });

  it('writes the key anew when it changes, and heals a file that was changed by hand', async () => {
    const key = path.join(folder, 'key.txt');
    const env = { CROWDSEC_BOUNCER_API_KEY: '', CROWDSEC_BOUNCER_API_KEY_FILE: key };
    for (const text of ['first-key', 'second-key']) {
      writeFileSync(key, `${text}\n`);
      expect((await command(['sync'], env)).code).toBe(0);
      expect(read('crowdsec-lapi.key')).toBe(`${text}\n`);
    }
    const before = read('crowdsec.yml');
    writeFileSync(path.join(folder, 'crowdsec.yml'), 'http: {}\n');
    await command(['sync'], env);
    expect(read('crowdsec.yml')).toBe(before);
  });

  it('takes all options of the plugin from YAML, as they were written', async () => {
    const { code } = await command(['sync'], {}, 'plugin:\n  captchaSiteKey: 0123\n  httptimeoutseconds: 5\n');
    expect(code).toBe(0);
    expect(read('crowdsec.yml')).toMatch(/captchaSiteKey: "0123"[^]*httpTimeoutSeconds: 5/);
  });

  it.each<[string, string, Record<string, string>, string]>([
    [
      'an unknown option',
      'plugin: {enable: true}',
      {},
      'TRAEFIK_PLUGIN: enable is no option of the plugin and is silently ignored; did you mean enabled?\n',
    ],
    [
      'an option that is too new',
      'plugin: {banFilePath: /b}',
      { TRAEFIK_PLUGIN_VERSION: 'v1.6.0' },
      'TRAEFIK_PLUGIN: banFilePath is known since v1.7.0; v1.6.0 silently ignores it; use plugin v1.7.0 or newer, or leave it out\n',
    ],
    [
      'a template where none is run',
      'plugin: {banFilePath: \'{{ env "X" }}\'}',
      { TRAEFIK_FORMAT: 'labels' },
      'TRAEFIK_PLUGIN: banFilePath holds {{, which only the file provider fills in; the only template that is let through is {{ env "NAME" }}, alone, in a file\n',
    ],
    [
      'a version of another age',
      '',
      { TRAEFIK_VERSION: '1.7' },
      'TRAEFIK_VERSION: "1.7" is too old; accepted: 3.7, 2.11 or another version from 2.11 on\n',
    ],
    [
      'a name that no label could hold',
      '',
      { TRAEFIK_MIDDLEWARE: 'a.b' },
      'TRAEFIK_MIDDLEWARE: "a.b" does not fit; accepted: a letter, then up to 62 letters, digits, - and _\n',
    ],
    [
      'options for another mode',
      'plugin: {enabled: true}',
      { TRAEFIK_MODE: 'native' },
      'TRAEFIK_PLUGIN: is for the plugin, and TRAEFIK_MODE is native\n',
    ],
    [
      'no listener to answer at',
      '',
      { TRAEFIK_MODE: 'forwardauth', TRAEFIK_LISTEN: 'off', TRAEFIK_TRUSTED_PROXIES: '192.0.2.1' },
      'TRAEFIK_LISTEN: is off, and forwardauth has to answer somewhere\n',
    ],
    [
      'forwardauth that trusts nobody',
      '',
      { TRAEFIK_MODE: 'forwardauth' },
      'TRAEFIK_TRUSTED_PROXIES: is missing: without it forwardauth trusts no proxy, and no client behind one is blocked (Docker: `docker network inspect NETWORK` shows the Subnet of the proxy); accepted: the addresses or networks from which the proxies ask, such as 172.18.0.0/16\n',
    ],
    [
      'a captcha without its page',
      'plugin: {captchaProvider: turnstile, captchaSiteKey: a, captchaSecretKey: b}',
      {},
      'TRAEFIK_PLUGIN: captchaProvider without captchaFilePath: the plugin does not start without its page, and every router that uses it answers 404; put captcha.html of the plugin where Traefik sees it, and its path into captchaFilePath\n',
    ],
    [
      'labels that do not change',
      '',
      { TRAEFIK_MODE: 'native', TRAEFIK_FORMAT: 'labels' },
      'TRAEFIK_FORMAT: labels does not change while Traefik runs; native mode needs files or the HTTP provider; accepted: yaml, toml\n',
    ],
    [
      'too much for rules',
      '',
      { TRAEFIK_MODE: 'native', MAX_ENTRIES: '501' },
      'MAX_ENTRIES: 501 is too much for native rules: Traefik goes through all of them for every request; use TRAEFIK_MODE=forwardauth for long lists; accepted: 1 to 500\n',
    ],
  ])('refuses %s', async (_, yaml, env, stderr) => {
    expect(await command(['sync'], env, yaml)).toEqual({ code: 2, stdout: '', stderr });
    expect(lapi.requests.all).toEqual([]);
  });
});

describe('check', () => {
  it('looks at LAPI, at our files, and at those of the user', async () => {
    lapi.decisions.add({ value: '198.51.100.0/24', scope: 'Range', duration: 3600, origin: 'cscli', scenario: 'test' });
    await command(['sync']);
    const own = await command(['check']);
    expect([own.code, own.stdout]).toEqual([
      0,
      expect.stringMatching(/ok api-key[^]*ok files[^]*warn ranges of \d+ .*: [1-9]\d* ranges/),
    ]);
    const file = path.join(folder, 'theirs.yaml');
    writeFileSync(
      file,
      'http: {middlewares: {m: {plugin: {crowdsec: {enable: true, crowdsecMode: stream, crowdsecLapiKey: abc}}}}}\n',
    );
    const theirs = await command(['check', '--file', file, path.join(folder, 'gone.yml')]);
    expect(theirs.code).toBe(1);
    for (const line of [
      `FAIL lint ${file}:1: enable is no option of the plugin and is silently ignored (unknown-option)\n  fix: did you mean enabled?\n`,
      `FAIL ranges ${file}: of`,
      `FAIL lint ${path.join(folder, 'gone.yml')}: it cannot be read`,
    ]) {
      expect(theirs.stdout).toContain(line);
    }
    expect(lapi.requests.pulls).toEqual([]);
  });
});

it('check calls a client certificate that LAPI refuses by its name, and says where its OU belongs', async () => {
  const authority = await createCertificateAuthority();
  const tls = { ...(await authority.server()), clientCa: authority.cert, allowedOu: ['bouncers'] };
  await using strict = await startLapi({ tls });
  const { cert, key } = await authority.client({ commonName: 'edge', unit: 'others' });
  const at = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const { code, stdout } = await command(['check'], {
    CROWDSEC_API_URL: strict.url,
    CROWDSEC_BOUNCER_API_KEY: '',
    CROWDSEC_CA_FILE: at('ca.pem', authority.cert),
    CROWDSEC_CLIENT_CERT_FILE: at('cert.pem', cert),
    CROWDSEC_CLIENT_KEY_FILE: at('cert.key', key),
  });
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(/FAIL api-key .*client certificate\n  fix: .*bouncers_allowed_ou/),
  ]);
});

it.each(['sync', 'plan', 'check', 'setup', 'config'])('%s refuses whoever trusts everybody', async (name) => {
  const env = { TRAEFIK_MODE: 'forwardauth', TRAEFIK_TRUSTED_PROXIES: '0.0.0.0/1,128.0.0.0/1' };
  const stderr = expect.stringMatching(
    /^TRAEFIK_TRUSTED_PROXIES: trusts half of 0.* or more: .*; accepted: .*\n$/,
  ) as string;
  expect(await command([name], env)).toEqual({ code: 2, stdout: '', stderr });
});

describe('native mode', () => {
  it('holds the local decisions first, and says what is over', async () => {
    await lapi[Symbol.asyncDispose]();
    lapi = await startLapi({ decisions: decisionMix({ capi: 600, local: 20 }) });
    const env = { TRAEFIK_MODE: 'native' };
    expect(await command(['sync'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('500 entries') as string,
    });
    const rules = read('crowdsec.yml').match(/ClientIP\(/g) ?? [];
    expect(rules.length).toBe(1000);
    const { stdout } = await command(['plan', '--json'], env);
    const plan = JSON.parse(stdout) as { unchanged: number; skipped: { reason: string }[] };
    expect([plan.unchanged, plan.skipped[0]?.reason]).toEqual([500, 'over MAX_ENTRIES']);
  });
});

describe('setup', () => {
  it.each(['plugin', 'forwardauth', 'native'])('prints what %s needs, and no key', async (mode) => {
    const { code, stdout } = await command(['setup'], { TRAEFIK_MODE: mode, TRAEFIK_TRUSTED_PROXIES: '192.0.2.1' });
    expect([code, stdout.includes(lapi.key)]).toEqual([0, false]);
    expect(stdout).toContain('providers:');
  });
});

describe('purge', () => {
  it.each([
    ['plugin', 'yaml', ['crowdsec.yml']],
    ['plugin', 'toml', ['crowdsec.toml']],
    ['plugin', 'labels', []],
    ['plugin', 'kv', []],
    ['plugin', 'kubernetes', []],
    ['forwardauth', 'yaml', ['crowdsec.yml']],
    ['native', 'yaml', ['crowdsec.yml']],
  ])('leaves of %s as %s only a middleware that lets everybody pass, and no secret', async (mode, format, left) => {
    const env = { TRAEFIK_MODE: mode, TRAEFIK_FORMAT: format, TRAEFIK_TRUSTED_PROXIES: '192.0.2.80' };
    writeFileSync(path.join(folder, 'app.yml'), 'http: {routers: {}}\n');
    const isPlugin = mode === 'plugin';
    const plugin =
      'plugin: {captchaProvider: turnstile, captchaFilePath: /c.html, captchaSiteKey: site, captchaSecretKey: captcha-secret}\n';
    const yaml = isPlugin ? plugin : undefined;
    expect(await command(['sync'], env, yaml)).toMatchObject({ code: 0 });
    expect(readdirSync(folder).length).toBeGreaterThan(1 + left.length);
    expect(await command(['purge'], env, yaml)).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(folder).sort()).toEqual(['app.yml', ...(isPlugin ? ['config.conf'] : []), ...left].sort());
    for (const name of left) expect(read(name)).toMatch(/crowdsec[^]*ipAllowList[^]*"0\.0\.0\.0\/0"[^]*"::\/0"/);
    // The protection is back with the next start.
    expect(await command(['sync'], env, yaml)).toMatchObject({ code: 0 });
    expect(left.map(read).join('')).not.toContain('Purged');
  });

  it('fails when the middleware of forward-auth cannot be replaced', async () => {
    const env = {
      TRAEFIK_MODE: 'forwardauth',
      TRAEFIK_TRUSTED_PROXIES: '192.0.2.80',
      TRAEFIK_RELOAD_COMMAND: 'exit 3',
    };
    await command(['sync'], { ...env, TRAEFIK_RELOAD_COMMAND: 'true' });
    expect(await command(['purge'], env)).toMatchObject({ code: 1 });
  });
});

it('check warns, and says no ok, of what it cannot see: which routers name the forward-auth middleware', async () => {
  const { stdout } = await command(['check'], { TRAEFIK_MODE: 'forwardauth', TRAEFIK_TRUSTED_PROXIES: '172.18.0.2' });
  expect(stdout).toMatch(/^warn use which routers name the middleware is not seen/m);
});
