import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Secret, silentLogger, type LogFields, type Logger } from '@bouncer/target';
import { createCertificateAuthority } from '@bouncer/sandbox';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PluginRenderer } from '../src/plugin/plugin-renderer.ts';
import { ServedFileTarget } from '../src/provider/served-file-target.ts';
import { sampleValues } from '../src/testing.ts';

const signal = new AbortController().signal;
const nothing = { create: [], update: [], delete: [] };
const report = { written: () => {}, removed: () => {}, refused: () => {} };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bouncer-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it('a new key and a new CA are noticed by a look, written, and told to need a restart of Traefik', async () => {
  const lapiCaFile = path.join(folder, 'ca.txt');
  const [first, second] = await Promise.all([createCertificateAuthority(), createCertificateAuthority()]);
  writeFileSync(lapiCaFile, first.cert);
  let key = 'first-key';
  const told: string[] = [];
  const log: Logger = { ...silentLogger, warn: (_: LogFields, message: string) => void told.push(message) };
  const values = sampleValues({ outputDir: folder, lapiCaFile, lapiKey: new Secret(key, () => key) });
  const target = new ServedFileTarget({
    name: 'plugin',
    renderer: new PluginRenderer(values, log),
    folder,
    folderVariable: 'TRAEFIK_OUTPUT_DIR',
    listen: 'off',
    document: () => ({}),
    log,
  });
  await target.open(signal);
  await target.apply(nothing, new Map(), report, signal);
  expect([await target.verify(new Map(), signal), told]).toEqual([true, []]);
  for (const change of [
    () => (key = 'second-key'),
    () => {
      writeFileSync(lapiCaFile, second.cert);
    },
  ]) {
    change();
    expect(await target.verify(new Map(), signal)).toBe(false);
    await target.apply(nothing, new Map(), report, signal);
    expect(await target.verify(new Map(), signal)).toBe(true);
  }
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  expect([read('crowdsec-lapi.key'), read('crowdsec-ca.pem')]).toEqual(['second-key\n', `${second.cert.trim()}\n`]);
  expect(told).toEqual(
    Array(2).fill('the key or a certificate has changed: the plugin reads it only when Traefik starts'),
  );
});

it.each<[string, string]>([
  ['a key of another pair', 'other'],
  ['a text that is no key', 'text'],
])('a client certificate with %s is not written: the plugin could not load it', async (_, which) => {
  const authority = await createCertificateAuthority();
  const own = await authority.client({ commonName: 'edge', unit: 'bouncers' });
  const other = await authority.client({ commonName: 'other', unit: 'bouncers' });
  const at = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  const values = sampleValues({
    outputDir: folder,
    lapiCaFile: at('ca.txt', authority.cert),
    lapiClientCertFile: at('cert.txt', own.cert),
    lapiClientKeyFile: at('key.txt', which === 'other' ? other.key : 'no key'),
  });
  const renderer = new PluginRenderer(values, silentLogger);
  expect(() => renderer.render()).toThrow(/^CROWDSEC_CLIENT_CERT_FILE and CROWDSEC_CLIENT_KEY_FILE: /);
  at('key.txt', own.key);
  expect(renderer.render().map((file) => file.path)).toContain('crowdsec-client.key');
});

it('a CA that cannot be read is told, and nothing is rendered without it', () => {
  const lapiCaFile = path.join(folder, 'ca.txt');
  const renderer = new PluginRenderer(sampleValues({ outputDir: folder, lapiCaFile }), silentLogger);
  expect(() => renderer.render()).toThrow(/^CROWDSEC_CA_FILE: ENOENT/);
});
