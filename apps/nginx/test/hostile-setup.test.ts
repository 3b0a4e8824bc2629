import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SettingType } from '@bouncer/target';
import { fuzzSetup, hostilePath, hostileUrl, readCompose, samples, sectionOf, shellWordsOf } from '@bouncer/testkit';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kind } from '../src/kind.ts';
import { nginxSettings } from '../src/config.ts';
import { NGINX, nginxMissing } from './debian-nginx.ts';
import { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();
const inputs = {
  CROWDSEC_API_URL: hostileUrl(),
  NGINX_CONFIG_DIR: hostilePath(),
  NGINX_OUTPUT_DIR: hostilePath(),
};

/** The compose file that stands there as comments. */
function composeOf(text: string): string {
  const [, ...lines] = sectionOf(text, '# Two containers').trimEnd().split('\n');
  return lines.map((line) => line.replace(/^# /, '')).join('\n');
}

describe('what setup prints', () => {
  it.each(['lua', 'geo'])('in %s mode is read back by compose as the same settings', async (mode) => {
    const taken = await fuzzSetup({
      connector: kind,
      base: { NGINX_MODE: mode },
      inputs,
      runs: 150,
      holds({ text, values }) {
        const folder = (values.get('NGINX_CONFIG_DIR') === '-' ? 'NGINX_OUTPUT_DIR' : 'NGINX_CONFIG_DIR') as string;
        const seen = path.resolve(values.get(folder) ?? '');
        const services = readCompose(composeOf(text));
        const bouncer = services.get('crowdsec-nginx-bouncer');
        expect(Object.fromEntries(bouncer?.environment ?? [])).toEqual({
          CROWDSEC_API_URL: values.get('CROWDSEC_API_URL'),
          CROWDSEC_BOUNCER_API_KEY: '<key>',
          ...(mode === 'geo' && { NGINX_MODE: 'geo' }),
          NGINX_OUTPUT_DIR: '/output',
          NGINX_CONFIG_DIR: expect.toSatisfy((text: string) => path.resolve(text) === seen) as string,
        });
        const mounts = services.get('nginx')?.mounts ?? [];
        expect(mounts.at(-1)).toMatchObject({ source: 'crowdsec', readOnly: true });
        expect(path.resolve(mounts.at(-1)?.target ?? '')).toBe(seen);
      },
    });
    expect(taken).toBeGreaterThan(30);
  });

  it('in stock mode is read back by sh as the same path', async () => {
    const taken = await fuzzSetup({
      connector: kind,
      base: { NGINX_MODE: 'stock', NGINX_CONFIG_DIR: '/etc/nginx' },
      inputs: { NGINX_OUTPUT_DIR: hostilePath() },
      runs: 150,
      holds({ text, values }) {
        const lines = sectionOf(text, '# The official package').replace(/^systemctl .*$/m, '');
        const [words] = shellWordsOf(lines, 'install');
        expect(words?.slice(0, -1)).toEqual([
          '-m',
          '600',
          `${values.get('NGINX_OUTPUT_DIR')}/crowdsec-nginx-bouncer.conf`,
        ]);
      },
    });
    expect(taken).toBeGreaterThan(30);
  });
});

describe.skipIf(reason !== undefined)(`a real NGINX (${reason ?? 'ready'})`, () => {
  it('includes every folder whose name is taken', async () => {
    const nginx = new RealNginx();
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    const kind = nginxSettings.configDir.kind as unknown as SettingType<string>;
    const found = samples('folders, included by NGINX', fc.oneof(hostilePath()), 400)
      .map((text) => kind.parse(text))
      .flatMap((parsed) => ('value' in parsed ? [path.join(nginx.folder, 'in', parsed.value)] : []));
    const isShort = (folder: string): boolean => folder.split('/').every((name) => name.length < 256);
    const folders = [...new Set(found.map((folder) => path.resolve(folder)).filter(isShort))];
    expect(folders.length).toBeGreaterThan(50);
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      writeFileSync(path.join(folder, 'crowdsec.conf'), '# here\n');
    }
    await nginx.configure({ http: folders.map((folder) => `include ${folder}/crowdsec.conf;`).join('\n') });
    const { status, stdout, stderr } = spawnSync(NGINX, ['-T', '-p', nginx.folder, '-c', nginx.conf], {
      encoding: 'utf8',
    });
    expect([status, stderr.match(/\[emerg\].*/g)]).toEqual([0, null]);
    const included = [...stdout.matchAll(/^# configuration file (.*):$/gm)].map(([, file]) => file);
    expect(included.slice(1)).toEqual(folders.map((folder) => `${folder}/crowdsec.conf`));
  });
});
