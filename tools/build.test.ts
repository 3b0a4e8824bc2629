import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagesTwice } from './licences.ts';

const root = path.resolve(import.meta.dirname, '..');
const apps = readdirSync(path.join(root, 'apps')).filter((app) =>
  existsSync(path.join(root, 'apps', app, 'src/main.ts')),
);

/**
 * In bytes, some 5 % above what each is: every kB is parsed at each start and stays in memory, on the smallest machine.
 * What is over its limit has most likely got a package that it does not need, or all of one of which it needs little.
 */
const USUAL_LIMIT = 900_000;
const LIMITS: Readonly<Record<string, number>> = {
  // zod, without its languages, reads what nft tells.
  firewall: 960_000,
  // The endpoint with TLS makes its own certificate, its pages are HTML files, and it knows what eight versions of the plugin take.
  traefik: 1_000_000,
  // ssh2 and its ciphers.
  pfsense: 1_240_000,
  // All kinds.
  bouncer: 1_860_000,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'bouncer-build-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a bundle', () => {
  it.each(apps)('of %s is no larger than it has to be', (app) => {
    const into = path.join(folder, app);
    execFileSync(process.execPath, ['tools/build.ts', app, into], { cwd: root });
    expect(statSync(path.join(into, 'main.cjs')).size).toBeLessThan(LIMITS[app] ?? USUAL_LIMIT);
  });

  it('is not made with two copies of a package', () => {
    const [one, other] = ['node_modules/axios', 'packages/stream/node_modules/axios'];
    const files = ['lib/axios.js', 'lib/utils.js', 'node_modules/form-data/index.js'].map((file) => `${one}/${file}`);
    const scoped = ['node_modules/@a/one/index.js', 'node_modules/@a/two/index.js', 'apps/nginx/src/main.ts'];
    expect(packagesTwice([...files, ...scoped])).toEqual([]);
    expect(packagesTwice([...files, `${other}/index.js`])).toEqual([one, other].map((each) => path.resolve(each)));
  });
});
