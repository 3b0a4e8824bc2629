import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

const root = path.resolve(import.meta.dirname, '..');
const read = (name: string): unknown => JSON.parse(readFileSync(path.join(root, name), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, LockedPackage>> };
const { allowScripts } = read('package.json') as { allowScripts: Readonly<Record<string, boolean>> };
const installed = Object.entries(packages).filter(([name]) => name.includes('node_modules/'));
const site = read('docs-site/package-lock.json') as { packages: Readonly<Record<string, LockedPackage>> };
/** With those of the site of the documents, which are installed apart, and without a script. */
const all = [...installed, ...Object.entries(site.packages).filter(([name]) => name !== '')];
const nameOf = (place: string): string => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe('what is installed', () => {
  it('comes from nowhere that the lockfile names: the address is the registry of whoever installs', () => {
    const addressed = all.filter(([, { resolved, link }]) => resolved !== undefined && link !== true);
    expect(addressed.map(([name]) => name)).toEqual([]);
    expect(JSON.stringify([packages, site])).not.toMatch(/(git|https?)(\+\w+)?:\/\/[^"]*\.(tgz|git)/);
  });

  it('is what the lockfile has the checksum of', () => {
    const unchecked = all.filter(([, { integrity, link }]) => link !== true && integrity === undefined);
    expect(unchecked.map(([name]) => name)).toEqual([]);
  });

  it('runs no script when it is installed, but for packages that package.json speaks of', () => {
    const scripts = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(readFileSync(path.join(root, 'docs-site/.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
    expect([...new Set(scripts.map(([place]) => nameOf(place)))].sort()).toEqual(Object.keys(allowScripts).sort());
  });

  it('is asked for in exact versions', () => {
    const folders = Object.keys(packages).filter((name) => !name.includes('node_modules'));
    const loose = folders.flatMap((folder) => {
      const own = packages[folder] as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
      const wanted = { ...own['dependencies'], ...own['devDependencies'] };
      return Object.entries(wanted).filter(
        ([name, range]) => !name.startsWith('@bouncer/') && !/^\d+\.\d+\.\d+/.test(range),
      );
    });
    expect(loose).toEqual([]);
  });
});
