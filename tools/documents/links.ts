import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where the links of a page lead. */
export interface LinkOptions {
  /** Of the repository: absolute. */
  readonly root: string;
  /** Address of the files in the repository. */
  readonly source: string;
  /** Whether a path below `root` is a page of the site. */
  readonly isPage: (file: string) => boolean;
}

/** The anchor of a heading as GitHub makes it, where the same documents are read. */
export function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/**
 * Where a link of a page leads on the site: to another page, the README of a folder that has one, and for any other file to
 * its address in the repository. `page` is a path below `root`. Throws when there is no such file.
 */
export function siteLink(link: string, page: string, { root, source, isPage }: LinkOptions): string {
  if (/^(\w+:|#|\/\/)/.test(link)) return link;
  const [target = '', anchor] = link.split('#');
  const file = path.posix.join(path.posix.dirname(page), target).replace(/\/$/, '');
  if (!existsSync(path.join(root, file))) throw new Error(`${page}: ${link} leads nowhere`);
  const document = [file, `${file}/README.md`].find((each) => isPage(each));
  const to = document === undefined ? `${source}/${file}` : `/${siteFile(document)}`;
  return anchor === undefined ? to : `${to}#${anchor}`;
}

/** A README is the page of its folder. */
export function siteFile(document: string): string {
  return document.replace(/(^|\/)README\.md$/, '$1index.md');
}

interface Token {
  readonly type: string;
  readonly children: readonly Token[] | null;
  attrGet(name: string): string | null;
  attrSet(name: string, value: string): void;
}

/** What is used of markdown-it. */
interface Markdown {
  readonly core: {
    readonly ruler: {
      push(name: string, rule: (state: { tokens: readonly Token[]; env: { relativePath?: string } }) => void): void;
    };
  };
}

/** A plugin for markdown-it that has all links of a page lead there. */
export function siteLinks(markdown: Markdown, options: LinkOptions): void {
  markdown.core.ruler.push('site-links', ({ tokens, env }) => {
    const page = env.relativePath?.replace(/(^|\/)index\.md$/, '$1README.md');
    if (page === undefined) return;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const link = token.type === 'link_open' ? token.attrGet('href') : null;
      if (link !== null) token.attrSet('href', siteLink(link, page, options));
    }
  });
}
