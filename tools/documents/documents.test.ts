import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorOf, siteLink } from './links.ts';
import { sidebarOf } from './sidebar.ts';

const options = {
  root: path.resolve(import.meta.dirname, '../..'),
  source: 'https://github.com/team/repo/blob/v1.2.3',
  isPage: (file: string) => /^(docs\/\w+|apps\/\w+\/README|README)\.md$/.test(file),
};

describe('a link on the site', () => {
  it.each([
    ['README.md', 'docs/settings.md', '/docs/settings.md'],
    ['docs/settings.md', 'troubleshooting.md#a-place', '/docs/troubleshooting.md#a-place'],
    ['docs/docker.md', '../README.md', '/index.md'],
    ['README.md', 'apps/mikrotik', '/apps/mikrotik/index.md'],
    ['apps/nginx/README.md', '../mikrotik/README.md#setup', '/apps/mikrotik/index.md#setup'],
    ['docs/docker.md', '../docker/compose', `${options.source}/docker/compose`],
    ['README.md', 'LICENSE', `${options.source}/LICENSE`],
    ['README.md', 'https://example.org/a.md', 'https://example.org/a.md'],
    ['README.md', '#here', '#here'],
  ])('of %s to %s leads to %s', (page, link, to) => {
    expect(siteLink(link, page, options)).toBe(to);
  });

  it.each(['nowhere.md', '../docs/setings.md', '../apps/opnsense'])('to %s fails the build', (link) => {
    expect(() => siteLink(link, 'docs/settings.md', options)).toThrow(`docs/settings.md: ${link} leads nowhere`);
  });

  it('to a heading has the anchor that GitHub makes', () => {
    expect(anchorOf('The status page, /metrics and the log')).toBe('the-status-page-metrics-and-the-log');
  });
});

it('no page is forgotten beside the others', () => {
  const items = sidebarOf(['README.md', 'docs/debian.md', 'docs/new-page.md', 'apps/nginx/README.md']);
  const links = items.flatMap((each) => [each, ...(each.items ?? [])]).map(({ link }) => link);
  expect(links).toEqual(expect.arrayContaining(['/', '/docs/debian', '/docs/new-page', '/apps/nginx/']));
  expect(items.some(({ text }) => text === 'Keep')).toBe(false);
});
