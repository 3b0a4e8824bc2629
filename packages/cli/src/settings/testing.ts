import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigError } from '@bouncer/stream';
import { loadSettings } from './load-settings.ts';
import type { LoadedSettings, LoadOptions } from './load-settings.ts';
import { setting } from '@bouncer/target';

// For tests of this package only.

/** A connector's settings as an app would declare them, one of each kind that matters here. */
export const sampleOwner = {
  name: 'sample',
  type: 'crowdsec-sample-bouncer',
  maxEntries: 5000,
  settings: {
    hosts: setting.hosts({ env: 'SAMPLE_HOST', required: true, help: 'the device' }),
    user: setting.text({ env: 'SAMPLE_USER', required: true, help: 'user name' }),
    password: setting.secret({ env: 'SAMPLE_PASSWORD', aliases: ['SAMPLE_PASS'], required: true, help: 'password' }),
    tls: setting.boolean({ env: 'SAMPLE_TLS', default: true, help: 'encrypt' }),
    list: setting.text({
      env: 'SAMPLE_BLACKLIST',
      aliases: ['SAMPLE_LIST'],
      default: 'crowdsec',
      help: 'name of the list',
    }),
    deviceCaFile: setting.file({ env: 'SAMPLE_CA_FILE', content: 'certificate', help: 'CA of the device' }),
    fingerprint: setting.fingerprint({ env: 'SAMPLE_FINGERPRINT', help: 'pinned certificate' }),
    mode: setting.choice(['fast', 'safe'], { env: 'SAMPLE_MODE', default: 'safe', help: 'how' }),
    hooks: setting.choices(['input', 'forward'], { env: 'SAMPLE_HOOKS', default: 'input,forward', help: 'where' }),
    port: setting.port({ env: 'SAMPLE_PORT', default: 22, help: 'port' }),
  },
};

/** The least that loads. */
export const sampleEnvironment = {
  CROWDSEC_API_URL: 'https://crowdsec.protected.lan/lapi',
  CROWDSEC_BOUNCER_API_KEY: 'key-abc123def456',
  SAMPLE_HOST: '192.168.88.1',
  SAMPLE_USER: 'crowdsec-user',
  SAMPLE_PASSWORD: 'pass-s3cr3t-9',
};

/** Loads the sample's settings from `env` on top of the least that loads; undefined takes a variable away. */
export function loadSample(
  env: Readonly<Record<string, string | undefined>> = {},
  options: Omit<LoadOptions, 'env'> = {},
): Promise<LoadedSettings<typeof sampleOwner.settings>> {
  return loadSettings(sampleOwner, { configFolder: '/nowhere', env: { ...sampleEnvironment, ...env }, ...options });
}

/** The problem lines of settings that must not load. */
export async function problemsOf(
  env: Readonly<Record<string, string | undefined>>,
  options: Omit<LoadOptions, 'env'> = {},
): Promise<readonly string[]> {
  const error: unknown = await loadSample(env, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error('the settings have loaded', { cause: error });
  return error.message.split('\n');
}

/** A folder of its own for a test, gone at its end: `using folder = tempFolder()`. */
export function tempFolder(): { readonly path: string; write(name: string, text: string): string } & Disposable {
  const folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
  return {
    path: folder,
    write(name, text) {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      return file;
    },
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
