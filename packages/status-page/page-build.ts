import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import type { Rolldown } from 'vite';
import type { BuiltPage } from './src/built-page.ts';

/** What dist/page.json holds. */
export interface PageFile extends BuiltPage {
  /** Of the sources that it was made of. */
  readonly digest: string;
  /** Files that went into it, for the licences; relative to this folder. */
  readonly inputs: readonly string[];
}

const root = import.meta.dirname;
const file = path.join(root, 'dist/page.json');

/** The page of the present sources; built only when dist/page.json is not that. Safe to call from several processes at once. */
export async function ensurePage(): Promise<PageFile> {
  const digest = await digestOfSources();
  const known = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as PageFile,
    () => undefined,
  );
  if (known?.digest === digest) return known;
  const page = { ...(await buildPage()), digest };
  await mkdir(path.dirname(file), { recursive: true });
  const half = `${file}.${process.pid}`;
  await writeFile(half, JSON.stringify(page));
  await rename(half, file);
  return page;
}

async function digestOfSources(): Promise<string> {
  const names = await readdir(path.join(root, 'src'), { recursive: true, withFileTypes: true });
  const sources = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const own = ['index.html', 'package.json', 'page-build.ts', 'vite.config.ts'].map((name) => path.join(root, name));
  // The one file of another package that goes into the page.
  own.push(fileURLToPath(import.meta.resolve('@bouncer/stream/origin-group')));
  const hash = createHash('sha256');
  for (const name of [...sources, ...own].sort())
    hash.update(`${path.relative(root, name)}\n`).update(await readFile(name));
  return hash.digest('hex');
}

/** One document with everything inside, and the hashes by which a security policy lets its script and its style through. */
async function buildPage(): Promise<Omit<PageFile, 'digest'>> {
  const { output } = (await build({
    root,
    logLevel: 'warn',
    build: { write: false },
  })) as Rolldown.RolldownOutput;
  const chunk = output.find((item) => item.type === 'chunk');
  const style = textOf(output, '.css');
  // Nothing in it may end the element early, whatever library it comes from.
  const script = chunk?.code.trim().replaceAll('</script', '<\\/script') ?? '';
  const html = textOf(output, '.html')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/<script type="module"[^>]*><\/script>\s*/, '')
    .replace(/<link rel="stylesheet"[^>]*>\s*/, () => `<style>${style}</style>`)
    .replace('</body>', () => `<script type="module">${script}</script></body>`);
  if (script === '' || style === '' || !html.includes(style) || !html.includes(script)) {
    throw new Error('vite built something else than one script and one style');
  }
  const inputs = Object.keys(chunk?.modules ?? {}).filter((id) => path.isAbsolute(id));
  return {
    gzip: gzipSync(html, { level: 9 }).toString('base64'),
    script: sourceOf(script),
    style: sourceOf(style),
    inputs: inputs.map((id) => path.relative(root, id.replace(/\?.*/, ''))),
  };
}

function textOf(output: Rolldown.RolldownOutput['output'], ending: string): string {
  const asset = output.find((item) => item.type === 'asset' && item.fileName.endsWith(ending));
  return asset?.type === 'asset' ? asset.source.toString().trim() : '';
}

function sourceOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
