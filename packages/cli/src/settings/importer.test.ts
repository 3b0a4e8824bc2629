import { describe, expect, it } from 'vitest';
import { memoryConnector, runCommand } from '../commands/testing.ts';
import { importFile } from './importer.ts';
import type { ForeignGroup, SettingsImporter } from '@bouncer/target';
import { loadSettings } from './load-settings.ts';
import { sampleEnvironment, sampleOwner, tempFolder } from './testing.ts';

/** The configuration of a program that we made up: `peer: {user: ..., pass: ...}`. */
const importer: SettingsImporter = {
  title: 'a file of the peer',
  recognises: (content) => 'peer' in content,
  translate(content) {
    const peer = content['peer'] as ForeignGroup;
    const values = Object.entries({ SAMPLE_USER: 'user', SAMPLE_PASSWORD: 'pass' }).flatMap(([variable, key]) => {
      const text = peer[key];
      return typeof text === 'string' ? [[variable, { key: `peer.${key}`, text }] as const] : [];
    });
    return { values: new Map(values), warnings: 'odd' in peer ? ['peer.odd: has no equal'] : [] };
  },
};
const owner = { ...sampleOwner, importer };
const env = { ...sampleEnvironment, SAMPLE_USER: undefined, SAMPLE_PASSWORD: undefined };
const peer = 'peer:\n  user: 0123\n  pass: "${PEER_PASS}"\n  odd: 1\n';

describe('importing a foreign file', () => {
  it('takes its values as they are written, and tells where each came from', async () => {
    using folder = tempFolder();
    const file = folder.write('peer.yaml', peer);
    const loaded = await loadSettings(owner, { env: { ...env, PEER_PASS: 'secret-1' }, importFile: file });
    expect(loaded.values.user).toBe('0123');
    expect(loaded.values.password.value()).toBe('secret-1');
    expect(loaded.notices).toEqual(['peer.odd: has no equal']);
    expect(loaded.redactor.hide('it is secret-1')).not.toContain('secret-1');
    const sources = Object.fromEntries(loaded.resolved.map(({ setting, source }) => [setting.env, source]));
    expect(sources['SAMPLE_USER']).toBe('yaml peer.user');
  });

  it('blames the line for a variable that was not filled in', async () => {
    using folder = tempFolder();
    const file = folder.write('peer.yaml', peer);
    await expect(loadSettings(owner, { env, importFile: file })).rejects.toThrow(
      'SAMPLE_PASSWORD (yaml peer.pass, line 3): holds a ${...} that was not filled in',
    );
  });

  it('lets the environment and our own file count more', async () => {
    using folder = tempFolder();
    const file = folder.write('peer.yaml', peer);
    const configFile = folder.write('own.yaml', 'sample:\n  user: own\n');
    const loaded = await loadSettings(owner, {
      env: { ...env, SAMPLE_PASSWORD: 'of-the-environment' },
      importFile: file,
      configFile,
    });
    expect([loaded.values.user, loaded.values.password.value()]).toEqual(['own', 'of-the-environment']);
  });

  it('knows a foreign file in the place of our own, and says so', async () => {
    using folder = tempFolder();
    folder.write('crowdsec-sample-bouncer.yaml', peer);
    const options = { env: { ...env, PEER_PASS: 'secret-1' }, configFolder: folder.path };
    const loaded = await loadSettings(owner, options);
    expect(loaded.values.user).toBe('0123');
    expect(loaded.notices[0]).toMatch(
      /crowdsec-sample-bouncer\.yaml: is a file of the peer; it is read as with --import$/,
    );
    // A connector without importer reads it as its own, and complains.
    await expect(loadSettings(sampleOwner, options)).rejects.toThrow('unknown key peer');
  });

  it('lays the .local file over it, group by group', async () => {
    using folder = tempFolder();
    const file = folder.write('peer.yaml', 'peer:\n  user: main\n  pass: main\n');
    folder.write('peer.yaml.local', 'peer:\n  user: local\n');
    const imported = await importFile(importer, file, {}, true);
    expect([...(imported?.yaml.values ?? [])].map(([variable, { text }]) => [variable, text])).toEqual([
      ['SAMPLE_USER', 'local'],
      ['SAMPLE_PASSWORD', 'main'],
    ]);
  });

  it.each([
    ['other: 1\n', 'does not look like a file of the peer'],
    ['peer: [1\n', 'is not a YAML file of keys and values'],
    ['- 1\n', 'is not a YAML file of keys and values'],
    ['', 'is not a YAML file of keys and values'],
  ])('refuses %j', async (text, problem) => {
    using folder = tempFolder();
    const file = folder.write('peer.yaml', text);
    const imported = await importFile(importer, file, {}, true);
    expect(imported?.yaml.problems.map((each) => each.problem)).toEqual([problem]);
    expect(await importFile(importer, file, {}, false)).toBeUndefined();
  });

  it('is an option only of a connector that can', async () => {
    const without = await runCommand(['config', '--import', '/nowhere/x'], {});
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("unknown option '--import'")]);
    const given = await runCommand(['config', '--import', '/nowhere/x'], {}, { ...memoryConnector(), importer });
    expect([given.code, given.stderr]).toEqual([2, expect.stringContaining('/nowhere/x: cannot read')]);
  });
});
