/** An entry beside the pages; see VitePress's `themeConfig.sidebar`. */
export interface SidebarItem {
  readonly text: string;
  readonly link?: string;
  readonly items?: readonly SidebarItem[];
}

/** Pages of docs/ as the README's last section has them. */
const groups: Readonly<Record<string, readonly string[]>> = {
  Install: [
    ...['docker', 'debian', 'kubernetes', 'without-root', 'several-targets', 'routeros-container'],
    ...['unraid', 'truenas', 'portainer', 'home-assistant'],
  ],
  Use: ['how-it-behaves', 'settings', 'status-page', 'troubleshooting'],
  Keep: ['upgrade', 'rotate', 'backup', 'remove', 'verifying'],
  Know: ['green-means-blocked', 'glossary', 'architecture', 'fault-matrix', 'testing', 'releasing'],
};

/** All documents in groups; a page of docs/ that stands in none of them comes last, under More. */
export function sidebarOf(documents: readonly string[]): readonly SidebarItem[] {
  const named = (pattern: RegExp): string[] => documents.flatMap((file) => pattern.exec(file)?.[1] ?? []);
  const pages = named(/^docs\/([^/]+)\.md$/);
  const placed = Object.values(groups).flat();
  const all = { ...groups, More: pages.filter((page) => !placed.includes(page)) };
  const items = (names: readonly string[], link: (name: string) => string): SidebarItem[] =>
    names.map((name) => ({ text: titleOf(name), link: link(name) }));
  const grouped = Object.entries(all).map(([text, names]) => ({
    text,
    items: items(
      names.filter((name) => pages.includes(name)),
      (name) => `/docs/${name}`,
    ),
  }));
  return [
    { text: 'Start', link: '/' },
    { text: 'Connectors', items: items(named(/^apps\/(\w+)\/README\.md$/), (name) => `/apps/${name}/`) },
    ...grouped.filter((group) => group.items.length > 0),
    { text: 'Project', items: items(named(/^([A-Z]+)\.md$/), (name) => (name === 'README' ? '/' : `/${name}`)) },
  ];
}

function titleOf(name: string): string {
  const words = name.replaceAll('-', ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
