import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packagesMissing } from '@bouncer/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAppDebs, metaOf } from './deb/all-debs.ts';
import { buildDeb } from './deb/build-deb.ts';
import { nodePackage, packagedNode } from './deb/node-package.ts';
import { packChart } from './chart.ts';
import { packPlatforms } from './platform-files.ts';
import { billOfMaterials } from './sbom.ts';

const root = path.resolve(import.meta.dirname, '../..');
const noDpkg = await packagesMissing({ packages: ['dpkg'], files: ['/usr/bin/dpkg-deb'] });
const noLintian = await packagesMissing({ packages: ['lintian'], files: ['/usr/bin/lintian'] });
const isRoot = process.getuid?.() === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'reproducible-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function sumsOf(place: string): Record<string, string> {
  const entries = readdirSync(place).map((name): [string, string] => [
    name,
    createHash('sha256')
      .update(readFileSync(path.join(place, name)))
      .digest('hex'),
  ]);
  return Object.fromEntries(entries);
}

describe('the same source makes the same bytes', () => {
  it.skipIf(!isRoot)(
    `as a bundle, under another path, time zone and language (${isRoot ? 'ready' : 'needs root'})`,
    () => {
      const [here, there] = [path.join(folder, 'here'), path.join(folder, 'there')];
      execFileSync(process.execPath, ['tools/build.ts', 'mikrotik', here], { cwd: root });
      const elsewhere = path.join(folder, 'some/other/place');
      mkdirSync(elsewhere, { recursive: true });
      const line = `mount --bind '${root}' '${elsewhere}' && cd '${elsewhere}' && umask 077 && exec '${process.execPath}' tools/build.ts mikrotik '${there}'`;
      const env = { ...process.env, TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', HOME: folder };
      execFileSync('unshare', ['--mount', 'sh', '-c', line], { env });
      expect(Object.keys(sumsOf(here)).sort()).toEqual(['main.cjs', 'main.cjs.LEGAL.txt']);
      expect(sumsOf(there)).toEqual(sumsOf(here));
    },
  );

  it.skipIf(noDpkg !== undefined)(
    `as a Debian package, a chart and manifests, whatever the umask (${noDpkg ?? 'ready'})`,
    async () => {
      const bundles = path.join(folder, 'bundles');
      execFileSync(process.execPath, ['tools/build.ts', 'haproxy', path.join(bundles, 'haproxy')], { cwd: root });
      const meta = metaOf();
      const places = [path.join(folder, 'one'), path.join(folder, 'two')];
      for (const [index, into] of places.entries()) {
        const mask = process.umask(index === 0 ? 0o022 : 0o077);
        try {
          await buildAppDebs(['haproxy'], { into, meta, bundles });
          await packChart({ into, version: meta.version, epoch: meta.epoch });
          const origin = { registry: 'ghcr.io/team', source: 'https://github.com/team/repo', version: meta.version };
          await packPlatforms(origin, { into, epoch: meta.epoch });
        } finally {
          process.umask(mask);
        }
      }
      const [one = '', two = ''] = places;
      expect(Object.keys(sumsOf(one)).length).toBe(3);
      expect(sumsOf(two)).toEqual(sumsOf(one));
    },
  );
});

describe('the Debian packages', () => {
  it.skipIf(noLintian !== undefined)(`are without a complaint of lintian (${noLintian ?? 'ready'})`, async () => {
    const into = path.join(folder, 'lintian');
    const apps = ['bouncer', 'firewall', 'nginx'];
    const meta = metaOf();
    const files = [...(await buildAppDebs(apps, { into, meta, compression: 1 }))];
    // The Node that runs this stands for the one that is packaged.
    const parts = { node: readFileSync(process.execPath), licence: Buffer.from('the licence of Node.js\n') };
    const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
    files.push(await buildDeb(nodePackage(architecture, parts, meta), { into, epoch: meta.epoch, compression: 1 }));
    const options = ['--allow-root', '--fail-on', 'error,warning', '--tag-display-limit', '0'];
    const { stdout, stderr } = spawnSync('lintian', [...options, ...files], { encoding: 'utf8' });
    expect(stdout + stderr.replace(/running with root.*\n/, '')).toBe('');
  });

  it('carry the Node that this checkout is tested with', () => {
    const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(packagedNode.version).toBe(devDependencies['node']);
  });
});

describe('licences', () => {
  it('of everything in a bundle are beside it, each with its text, and in its bill of materials', () => {
    const into = path.join(folder, 'licences');
    execFileSync(process.execPath, ['tools/build.ts', 'bouncer', into], { cwd: root });
    const text = readFileSync(path.join(into, 'main.cjs.LEGAL.txt'), 'utf8');
    const parts = text.split(`\n${'-'.repeat(80)}\n`).slice(1);
    for (const name of ['ssh2', 'axios', 'yaml', 'pino', 'zod', 'preact', 'routeros-client', 'smol-toml'])
      expect(
        parts.some((part) => part.startsWith(`${name} `)),
        name,
      ).toBe(true);
    const bill = JSON.parse(billOfMaterials(text, { name: 'crowdsec-bouncer', version: '1.2.3' })) as {
      components: readonly { name: string; version: string; purl: string; licenses?: readonly object[] }[];
    };
    // Everything but the project itself.
    expect(bill.components.length).toBe(parts.length - 1);
    expect(bill.components.filter(({ licenses }) => licenses === undefined)).toEqual([]);
    const pino = bill.components.find(({ name }) => name === 'pino');
    expect(pino).toMatchObject({ purl: `pkg:npm/pino@${pino?.version ?? ''}`, licenses: [{ license: { id: 'MIT' } }] });
    const bare = parts.filter((part) => part.trim().split('\n').length < 3).map((part) => part.trim());
    expect(bare).toEqual([]);
  });
});
