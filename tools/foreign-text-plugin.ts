import { foreignText } from '@bouncer/target';
import type { Plugin } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const CALL = /\bforeignText\(import\.meta, '([^']+)'\)/g;

/** Puts texts in other languages into the bundle, as `foreignText` gives them: it has no file beside it to read. */
export const foreignTextPlugin: Plugin = {
  name: 'foreign-text',
  setup(build) {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path: file }) => {
      const source = await readFile(file, 'utf8');
      if (!source.includes('foreignText(import.meta')) return undefined;
      const { href: url } = pathToFileURL(file);
      const contents = source.replaceAll(CALL, (_, name: string) => JSON.stringify(foreignText({ url }, name)));
      if (contents.includes('foreignText(import.meta')) throw new Error(`${file}: foreignText takes a literal name`);
      return { contents, loader: 'ts' };
    });
  },
};
