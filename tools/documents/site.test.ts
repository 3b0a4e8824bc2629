import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const folder = await mkdtemp(path.join(os.tmpdir(), 'site-'));
const site = path.join(folder, 'site');
const reason = await building();

/** Why it cannot be built here; undefined once it has been. Throws when its documents are the reason. */
async function building(): Promise<string | undefined> {
  try {
    await promisify(execFile)(path.join(root, 'tools/docs-site'), [site], {
      env: { ...process.env, SITE_BASE: '/1.2/' },
    });
    return undefined;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    if (stderr.includes('npm error') && !stdout.includes('vitepress')) return 'npm does not get VitePress';
    throw new Error(`${stdout}${stderr}`, { cause: error });
  }
}

afterAll(() => rm(folder, { recursive: true }));

describe.skipIf(reason !== undefined)(`the documents as a site (${reason ?? 'ready'})`, () => {
  const all = reason === undefined ? readdirSync(site, { recursive: true, encoding: 'utf8' }) : [];
  const pages = all.filter((name) => name.endsWith('.html') && name !== '404.html');
  const text = (name: string): string => readFileSync(path.join(site, name), 'utf8');

  it('have a page each', async () => {
    const docs = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md'));
    expect(pages).toEqual(expect.arrayContaining(docs.map((name) => `docs/${name.replace(/md$/, 'html')}`)));
    expect(pages).toEqual(expect.arrayContaining(['index.html', 'SECURITY.html', 'apps/mikrotik/index.html']));
  });

  it('have no link that leads nowhere, to a page or to a place in one', () => {
    const ids = new Map(
      pages.map((page) => [page, new Set([...text(page).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
    );
    const dead: string[] = [];
    for (const page of pages)
      for (const [, link = ''] of text(page).matchAll(/<a [^>]*href="([^"]*)"/g)) {
        const { origin, pathname, hash } = new URL(link.replaceAll('&amp;', '&'), `http://site/1.2/${page}`);
        if (origin !== 'http://site') continue;
        const file = pathname.replace(/^\/1\.2\//, '').replace(/(^|\/)$/, '$1index.html');
        const isDead =
          !ids.has(file) || (hash !== '' && ids.get(file)?.has(decodeURIComponent(hash.slice(1))) !== true);
        if (isDead) dead.push(`${page}: ${link}`);
      }
    expect(dead).toEqual([]);
  });

  it('load nothing from elsewhere: they are read without a network', () => {
    const foreign = pages.flatMap((page) => {
      const loaded = [...text(page).matchAll(/<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="([^"]+)"/g)];
      return loaded.flatMap(([, address = '']) =>
        address.startsWith('/1.2/') || address.startsWith('data:') ? [] : [address],
      );
    });
    expect(foreign).toEqual([]);
    for (const [, address = ''] of pages.flatMap((page) => [
      ...text(page).matchAll(/ (?:src|href)="\/1\.2\/(assets\/[^"]+)"/g),
    ]))
      expect(existsSync(path.join(site, address)), address).toBe(true);
    const styles = all.filter((name) => name.endsWith('.css')).map(text);
    expect(styles.join('').match(/(?:url\(|@import )["']?https?:/)).toBeNull();
    expect(text('index.html')).toMatch(/<img [^>]*src="\/1\.2\/assets\/status-page\.[^"]+\.png"/);
  });

  it('are searched without a server', async () => {
    const index = all.find((name) => /@localSearchIndexroot\..*\.js$/.test(name)) ?? '';
    const { default: stored } = (await import(pathToFileURL(path.join(site, index)).href)) as { default: string };
    const load = createRequire(path.join(root, 'docs-site/package.json'));
    const MiniSearch = load('minisearch') as {
      loadJSON(text: string, options: object): { search(words: string): readonly { readonly id: string }[] };
    };
    const search = MiniSearch.loadJSON(stored, {
      fields: ['title', 'titles', 'text'],
      storeFields: ['title', 'titles'],
    });
    const found = (words: string): readonly string[] => search.search(words).map(({ id }) => id);
    expect(found('MIKROTIK_TLS_FINGERPRINT').some((id) => id.startsWith('/1.2/docs/settings.html'))).toBe(true);
    expect(found('restricted namespace')[0]).toMatch(/^\/1\.2\/docs\/kubernetes\.html/);
  });
});
