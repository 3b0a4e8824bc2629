import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fileProblem, setting } from '@bouncer/target';
import { loadSettings } from './load-settings.ts';
import { loadSample, problemsOf, sampleEnvironment, tempFolder } from './testing.ts';

describe('defaults', () => {
  it('fill in whatever is not given', async () => {
    const { values } = await loadSample();
    expect(values).toMatchObject({
      updateFrequency: 10,
      resyncInterval: 900,
      decisionTypes: ['ban'],
      origins: [],
      allowlist: [],
      blockPrivateNetworks: false,
      maxRemovalPercent: 50,
      removalHold: 600,
      dryRun: false,
      logLevel: 'info',
      logFormat: undefined,
      httpListen: '127.0.0.1:9460',
      list: 'crowdsec',
      tls: true,
      hooks: ['input', 'forward'],
      lapiCaFile: undefined,
    });
  });

  it('take the most entries from the connector', async () => {
    expect((await loadSample()).values.maxEntries).toBe(5000);
    expect((await loadSample({ MAX_ENTRIES: '7' })).values.maxEntries).toBe(7);
  });

  it('stand for an empty variable', async () => {
    expect((await loadSample({ SAMPLE_TLS: '', LOG_LEVEL: ' ' })).values).toMatchObject({
      tls: true,
      logLevel: 'info',
    });
  });
});

describe('names', () => {
  it('takes every alias and says which one was used', async () => {
    const loaded = await loadSample({ SAMPLE_PASSWORD: undefined, SAMPLE_PASS: 'other-pass', TICKER_INTERVAL: '20s' });
    expect(loaded.values.password.value()).toBe('other-pass');
    expect(loaded.values.updateFrequency).toBe(20);
    const sources = Object.fromEntries(loaded.resolved.map(({ setting, source }) => [setting.env, source]));
    expect(sources).toMatchObject({
      SAMPLE_PASSWORD: 'environment SAMPLE_PASS',
      CROWDSEC_UPDATE_FREQUENCY: 'environment TICKER_INTERVAL',
      CROWDSEC_API_URL: 'environment CROWDSEC_API_URL',
      SAMPLE_TLS: 'default',
    });
  });

  it('refuses two names with different values, and takes them when they mean the same', async () => {
    const problems = await problemsOf({ UPDATE_FREQUENCY: '10s', TICKER_INTERVAL: '30s' });
    expect(problems).toEqual([
      'UPDATE_FREQUENCY: and TICKER_INTERVAL are two names for one thing and differ; accepted: one of them',
    ]);
    expect((await loadSample({ UPDATE_FREQUENCY: '60', TICKER_INTERVAL: '1m' })).values.updateFrequency).toBe(60);
  });

  it('tells different secrets apart as well', async () => {
    const [problem] = await problemsOf({ SAMPLE_PASS: 'other-pass' });
    expect(problem).toMatch(/^SAMPLE_PASSWORD: and SAMPLE_PASS are two names/);
    expect(problem).not.toContain('other-pass');
  });
});

describe('files', () => {
  it('give any setting, trimmed', async () => {
    using folder = tempFolder();
    const loaded = await loadSample({
      SAMPLE_PASSWORD: undefined,
      SAMPLE_PASS_FILE: folder.write('password', '  from-file \n'),
      SAMPLE_HOST: undefined,
      SAMPLE_HOST_FILE: folder.write('host', 'r2.lan\n'),
    });
    expect(loaded.values.password.value()).toBe('from-file');
    expect(loaded.values.hosts).toEqual([{ host: 'r2.lan' }]);
    expect(loaded.resolved.find(({ setting }) => setting.env === 'SAMPLE_PASSWORD')?.source).toBe(
      'file SAMPLE_PASS_FILE',
    );
  });

  it('are read again on demand, so that a rotated key needs no restart', async () => {
    using folder = tempFolder();
    const file = folder.write('key', 'old-key-1\n');
    const { values, redactor } = await loadSample({ CROWDSEC_BOUNCER_API_KEY: undefined, API_KEY_FILE: file });
    expect(values.lapiKey?.refresh()).toBe(false);
    writeFileSync(file, 'new-key-2\n');
    expect(values.lapiKey?.value()).toBe('old-key-1');
    expect(values.lapiKey?.refresh()).toBe(true);
    expect(values.lapiKey?.value()).toBe('new-key-2');
    expect(redactor.hide('old-key-1 new-key-2')).toBe('*** ***');
    writeFileSync(file, '');
    expect(values.lapiKey?.refresh()).toBe(false);
    expect(values.lapiKey?.value()).toBe('new-key-2');
  });

  it.each([
    ['/nowhere/secret', 'cannot read /nowhere/secret: no such file'],
    ['/', 'cannot read /: it is a folder (Docker makes one where the file to mount is not there)'],
  ])('that cannot be read are told with their path: %s', async (path, words) => {
    const problems = await problemsOf({ SAMPLE_PASSWORD: undefined, SAMPLE_PASSWORD_FILE: path });
    expect(problems).toEqual([`SAMPLE_PASSWORD_FILE: ${words}`]);
  });

  it('that are empty are refused', async () => {
    using folder = tempFolder();
    const file = folder.write('empty', ' \n');
    const problems = await problemsOf({ SAMPLE_PASSWORD: undefined, SAMPLE_PASSWORD_FILE: file });
    expect(problems).toEqual([`SAMPLE_PASSWORD_FILE: ${file} is empty`]);
  });

  it('that may not be read are told so', () => {
    const user = process.getuid?.();
    const problem = fileProblem('/run/secrets/p', { code: 'EACCES' });
    expect(problem).toContain('cannot read /run/secrets/p: permission denied');
    if (user !== undefined) expect(problem).toContain(`chown ${user}`);
  });

  it('beside the variable itself are a conflict when they differ', async () => {
    using folder = tempFolder();
    const [problem] = await problemsOf({ SAMPLE_PASSWORD_FILE: folder.write('p', 'another') });
    expect(problem).toMatch(/^SAMPLE_PASSWORD: and SAMPLE_PASSWORD_FILE/);
  });
});

describe('YAML', () => {
  it('counts less than the environment and more than the default', async () => {
    using folder = tempFolder();
    const configFile = folder.write('c.yaml', 'sample:\n  host: yaml.lan\n  blacklist: yaml-list\nlog_level: warn\n');
    const loaded = await loadSample({ SAMPLE_BLACKLIST: 'env-list', SAMPLE_HOST: undefined }, { configFile });
    expect(loaded.values).toMatchObject({
      hosts: [{ host: 'yaml.lan' }],
      list: 'env-list',
      logLevel: 'warn',
      mode: 'safe',
    });
    const sources = Object.fromEntries(loaded.resolved.map(({ setting, source }) => [setting.env, source]));
    expect(sources).toMatchObject({
      SAMPLE_HOST: 'yaml sample.host',
      LOG_LEVEL: 'yaml log_level',
      SAMPLE_BLACKLIST: 'environment SAMPLE_BLACKLIST',
    });
  });

  it('is found by --config, then CONFIG_FILE, then in the folder of CrowdSec', async () => {
    using folder = tempFolder();
    const flag = folder.write('flag.yaml', 'log_level: debug\n');
    const variable = folder.write('variable.yaml', 'log_level: warn\n');
    folder.write('crowdsec-sample-bouncer.yaml', 'log_level: error\n');
    const configFolder = folder.path;
    const level = async (env: Record<string, string>, configFile?: string) =>
      (await loadSample(env, { configFolder, configFile })).values.logLevel;
    expect(await level({ CONFIG_FILE: variable }, flag)).toBe('debug');
    expect(await level({ CONFIG_FILE: variable })).toBe('warn');
    expect(await level({})).toBe('error');
  });

  it('that was named and is not there is a problem', async () => {
    expect(await problemsOf({ CONFIG_FILE: '/nowhere.yaml' })).toEqual([
      'CONFIG_FILE: cannot read /nowhere.yaml: no such file',
    ]);
  });

  it('names variable, key and line of a wrong value', async () => {
    using folder = tempFolder();
    const configFile = folder.write('c.yaml', 'sample:\n  tls: perhaps\n');
    const [problem] = await problemsOf({}, { configFile });
    expect(problem).toMatch(/^SAMPLE_TLS \(yaml sample\.tls, line 2\): "perhaps" is neither true nor false/);
  });
});

describe('client certificates', () => {
  it('need both halves', async () => {
    using folder = tempFolder();
    const cert = folder.write('c.pem', '-----BEGIN CERTIFICATE-----\n');
    const key = folder.write('k.pem', '-----BEGIN PRIVATE KEY-----\n');
    expect((await problemsOf({ CROWDSEC_CLIENT_CERT_FILE: cert }))[0]).toMatch(/^CROWDSEC_CLIENT_KEY_FILE: is missing/);
    expect((await problemsOf({ CROWDSEC_CLIENT_KEY_FILE: key }))[0]).toMatch(/^CROWDSEC_CLIENT_CERT_FILE: is missing/);
    expect((await problemsOf({ CROWDSEC_CLIENT_CERT_FILE: cert, CROWDSEC_CLIENT_KEY_FILE: key }))[0]).toMatch(
      /cannot be used/,
    );
    expect((await problemsOf({ CROWDSEC_CLIENT_CERT_FILE: key }))[0]).toMatch(/holds no certificate in PEM form/);
  });
});

describe('a slip of the author', () => {
  const owner = { name: 'x', type: 'crowdsec-x-bouncer' };

  it('is told when a name of the shared settings is used again', async () => {
    const settings = { lapiCaFile: setting.text({ env: 'X_CA', help: '' }) };
    await expect(loadSettings({ ...owner, settings }, { env: sampleEnvironment })).rejects.toThrow(
      'have a lapiCaFile already',
    );
  });

  it('is told when a variable is declared twice', async () => {
    const settings = { url: setting.text({ env: 'X_URL', aliases: ['API_URL'], help: '' }) };
    await expect(loadSettings({ ...owner, settings }, { env: sampleEnvironment })).rejects.toThrow(
      'API_URL is declared twice',
    );
  });
});

describe('the environment of another program', () => {
  it('counts where we are given nothing of our own, and is told', async () => {
    const owner = {
      name: 'x',
      type: 'crowdsec-x-bouncer',
      settings: {
        port: setting.text({ env: 'X_PORT_NAME', help: '' }),
        mode: setting.text({ env: 'X_MODE', help: '' }),
      },
      importEnvironment: ({ THEIRS }: Readonly<Record<string, string | undefined>>) =>
        THEIRS === undefined ? undefined : { values: { X_PORT_NAME: THEIRS, X_MODE: 'b' }, notices: ['THEIRS: taken'] },
    };
    const env = { ...sampleEnvironment, X_MODE: 'a', X_PORT_NAME: ' ' };
    const loaded = await loadSettings(owner, { env: { ...env, THEIRS: '8080' } });
    expect([loaded.values.port, loaded.values.mode, loaded.notices]).toEqual(['8080', 'a', ['THEIRS: taken']]);
    const own = await loadSettings(owner, { env });
    expect([own.values.port, own.values.mode, own.notices]).toEqual([undefined, 'a', []]);
  });
});
