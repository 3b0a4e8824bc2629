import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitepress';
import { anchorOf, siteFile, siteLinks } from '../../tools/documents/links.ts';
import { sidebarOf } from '../../tools/documents/sidebar.ts';

const root = path.resolve(import.meta.dirname, '../..');
const { version } = JSON.parse(readFileSync(path.join(root, 'packages/cli/package.json'), 'utf8'));
const { SITE_BASE = '/', SITE_OUT = path.join(root, 'dist/site'), SITE_VERSION = version } = process.env;
const { SITE_SOURCE = 'https://github.com/OWNER/REPO' } = process.env;

/** Documents are Markdown files that git knows of, for users and authors: none is written for the site alone. */
const known = execFileSync('git', ['ls-files', '*.md', 'docs/*.png'], { cwd: root, encoding: 'utf8' }).split('\n');
const files = known.filter((file) =>
  /^(docs\/[^/]+|apps\/\w+\/README\.md|docker(\/grafana)?\/README\.md|[A-Z]+\.md)$/.test(file),
);
const documents = files.filter((file) => file.endsWith('.md'));
// From here Vue is found; beside the documents it is not.
const pages = path.resolve(import.meta.dirname, '../pages');
rmSync(pages, { recursive: true, force: true });
for (const file of files) cpSync(path.join(root, file), path.join(pages, file));

export default defineConfig({
  title: 'CrowdSec bouncers',
  description: 'CrowdSec decisions on MikroTik, pfSense, OPNsense, NGINX, Traefik, HAProxy and Linux',
  base: SITE_BASE,
  srcDir: pages,
  outDir: SITE_OUT,
  cacheDir: path.join(root, '.cache/vitepress'),
  rewrites: Object.fromEntries(documents.map((file) => [file, siteFile(file)])),
  ignoreDeadLinks: false,
  // One page after the other: the index of the search has them in the order in which they were read.
  buildConcurrency: 1,
  markdown: {
    anchor: { slugify: anchorOf },
    config: (markdown) =>
      siteLinks(markdown, {
        root,
        source: `${SITE_SOURCE}/blob/v${SITE_VERSION}`,
        isPage: (file) => documents.includes(file),
      }),
    languageAlias: { routeros: 'bash' },
  },
  themeConfig: {
    nav: [
      { text: 'Settings', link: '/docs/settings' },
      { text: 'Troubleshooting', link: '/docs/troubleshooting' },
      { text: `Version ${SITE_VERSION}`, link: '/CHANGELOG' },
    ],
    sidebar: sidebarOf(documents),
    search: { provider: 'local' },
    outline: [2, 3],
  },
});
