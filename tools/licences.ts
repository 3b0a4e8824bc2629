import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
  /** The form of before 2015. */
  readonly licenses?: readonly { readonly type: string }[];
}

/**
 * Name, version and licence text of every package of which a file went into a bundle: what their licences ask for.
 * `inputs` are esbuild's, relative to the present folder.
 */
export async function licencesOf(root: string, inputs: readonly string[]): Promise<string> {
  const folders = new Set(
    inputs.map((input) => packageOf(path.resolve(input))).filter((folder) => folder !== undefined),
  );
  const texts = await Promise.all([...folders].sort().map(licenceOf));
  const own = await readFile(path.join(root, 'LICENSE'), 'utf8');
  return [`Bouncer Connectors\n\n${own}`, ...texts].map((text) => `\n${'-'.repeat(80)}\n${text.trim()}\n`).join('');
}

/** The folders of packages of which a bundle with these inputs has more than one copy. */
export function packagesTwice(inputs: readonly string[]): readonly string[] {
  const folders = [...new Set(inputs.map((input) => packageOf(path.resolve(input))))].filter(
    (each) => each !== undefined,
  );
  const nameOf = (folder: string): string => folder.slice(folder.lastIndexOf('node_modules/'));
  return folders.filter((folder) => folders.some((other) => other !== folder && nameOf(other) === nameOf(folder)));
}

function packageOf(file: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

async function licenceOf(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Manifest;
  const { name = '', version = '', license, licenses = [] } = manifest;
  const files = await readdir(folder);
  const file = files.find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const readme = files.find((entry) => /^readme/i.test(entry));
  const read = (entry: string): Promise<string> => readFile(path.join(folder, entry), 'utf8');
  const text = file !== undefined ? await read(file) : readme === undefined ? '' : inReadme(await read(readme));
  return `${name} ${version} (${license ?? licenses.map(({ type }) => type).join(' OR ')})\n\n${text}`;
}

/** The section on the licence, where some packages have its text. */
function inReadme(text: string): string {
  return /^(?:#+ *licen[cs]e.*|licen[cs]e\n-+)\n([^]*?)(?=^#+ |$(?![^]))/im.exec(text)?.[1] ?? '';
}
