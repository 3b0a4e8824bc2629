import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../../docker/test/blocks.ts';

const root = path.resolve(import.meta.dirname, '../..');
const pages = (await readdir(path.join(root, 'docs'))).filter((name) => name.endsWith('.md')).sort();

/** Which tests do what a page has its reader do. Each names the page. */
const followed: Readonly<Record<string, readonly string[]>> = {
  'backup.md': ['tools/documents/backup.test.ts'],
  'coming-over.md': ['tools/documents/coming-over.test.ts'],
  'debian.md': ['tools/releasing/deb/packages.test.ts'],
  'docker.md': ['docker/test/suites/quick-starts.ts', 'docker/test/suites/everything.ts'],
  'home-assistant.md': ['tools/documents/platforms.test.ts'],
  'kubernetes.md': ['tools/releasing/chart.test.ts', 'tools/releasing/cluster.test.ts'],
  'notify.md': ['tools/documents/notify.test.ts'],
  'portainer.md': ['tools/documents/platforms.test.ts'],
  'releasing.md': ['tools/releasing/workflow.test.ts'],
  'remove.md': ['tools/documents/remove.test.ts'],
  'rotate.md': ['tools/documents/rotate.test.ts'],
  'routeros-container.md': ['tools/documents/routeros-container.test.ts'],
  'several-targets.md': ['docker/test/suites/several-targets-page.ts'],
  'troubleshooting.md': ['docker/test/suites/everything.ts'],
  'truenas.md': ['tools/documents/platforms.test.ts'],
  'unraid.md': ['tools/documents/platforms.test.ts'],
  'upgrade.md': ['tools/documents/upgrade.test.ts'],
  'without-root.md': ['tools/documents/without-root.test.ts'],
};

/** Pages of which a part, or all, cannot be done on one machine without the outside: they say so themselves. */
const marked = [
  ...[
    'coming-over.md',
    'debian.md',
    'docker.md',
    'home-assistant.md',
    'kubernetes.md',
    'portainer.md',
    'releasing.md',
    'rotate.md',
  ],
  ...['routeros-container.md', 'truenas.md', 'unraid.md', 'upgrade.md', 'verifying.md'],
];

/** Pages that one reads: there is nothing on them to paste. */
const read = [
  ...[
    'architecture.md',
    'fault-matrix.md',
    'glossary.md',
    'green-means-blocked.md',
    'how-it-behaves.md',
    'settings.md',
  ],
  ...['performance.md', 'status-page.md', 'testing.md'],
];

describe('docs/', () => {
  it('has no page that nobody follows without its saying so', () => {
    expect([...new Set([...Object.keys(followed), ...marked, ...read])].sort()).toEqual(pages);
  });

  it.each(Object.entries(followed))('%s is followed by a test that names it', async (page, tests) => {
    for (const test of tests) expect(await readFile(path.join(root, test), 'utf8')).toContain(`docs/${page}`);
  });

  it.each(marked)('%s says what has not been tried', async (page) => {
    expect(await readFile(path.join(root, 'docs', page), 'utf8')).toMatch(/\bnot (been )?tried\b|never run/i);
  });

  it.each(read)('%s has nothing to paste', async (page) => {
    const shell = (await blocksOf(`docs/${page}`)).filter(({ language }) => ['', 'sh'].includes(language));
    // A drawing has no words of a shell.
    expect(shell.filter(({ code }) => /^(sudo|docker|npm|npx|node|curl|cscli|\.\/)/m.test(code))).toEqual([]);
  });
});
