// usage: node tools/new-connector.ts NAME     makes apps/NAME from tools/template; see tools/new-connector
import { cp, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** It becomes a folder, a YAML group and, in capitals, the prefix of environment variables. */
const NAME = /^[a-z][a-z0-9]{1,19}$/;
/** What the template calls itself, in the three forms that a name has in code. */
const TEMPLATE = 'example';

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , name = ''] = process.argv;
  try {
    await makeConnector(path.resolve(import.meta.dirname, '..'), name);
    console.log(
      `apps/${name} is made. Next: npx vitest run --root apps/${name}, and CONTRIBUTING.md, "A new connector".`,
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error('usage: tools/new-connector NAME');
    process.exitCode = 2;
  }
}

/**
 * Makes apps/NAME in the checkout at `root`, and tells the list of kinds and the lockfile.
 * @throws Error when the name cannot be one, or is taken.
 */
export async function makeConnector(root: string, name: string): Promise<void> {
  if (!NAME.test(name)) throw new Error(`"${name}" is no name: 2 to 20 small letters and digits, a letter first`);
  const app = path.join(root, 'apps', name);
  if (existsSync(app)) throw new Error(`apps/${name} is there already`);
  if (existsSync(path.join(root, 'packages', name))) throw new Error(`packages/${name} has that name`);
  await cp(path.join(import.meta.dirname, 'template'), app, { recursive: true });
  for (const file of await readdir(app, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) await edit(path.join(file.parentPath, file.name), (text) => renamed(text, name));
  }
  await edit(path.join(root, 'tools/kinds.ts'), (text) => withKind(text, name));
  const manifest = JSON.parse(await readFile(path.join(app, 'package.json'), 'utf8')) as Manifest;
  await edit(path.join(root, 'package-lock.json'), (text) => withWorkspace(text, manifest, `apps/${name}`));
  await link(root, manifest.name, app);
}

/** The name in all its forms: `example`, `Example`, `EXAMPLE`. */
function renamed(text: string, name: string): string {
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return text
    .replaceAll(TEMPLATE.toUpperCase(), name.toUpperCase())
    .replaceAll(capital(TEMPLATE), capital(name))
    .replaceAll(TEMPLATE, name);
}

/** The list of kinds with one more line, in the order of the alphabet. */
function withKind(text: string, name: string): string {
  const line = (kind: string): string => `  ${kind}: async () => (await import('../apps/${kind}/src/kind.ts')).kind,`;
  const lines = text.split('\n');
  const places = lines.flatMap((each, index) => (/^ {2}\w+: async \(\) => /.test(each) ? [index] : []));
  const last = places.at(-1);
  if (last === undefined) throw new Error('tools/kinds.ts holds no list of kinds');
  const place = places.find((index) => (lines[index] ?? '') > line(name)) ?? last + 1;
  return lines.toSpliced(place, 0, line(name)).join('\n');
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** The lockfile as `npm install` would leave it: `npm ci` refuses a workspace that is not in there. */
function withWorkspace(text: string, manifest: Manifest, folder: string): string {
  const lock = JSON.parse(text) as { packages: Record<string, unknown> };
  const { name, version, license, dependencies, devDependencies } = manifest;
  const { '': root, ...others } = {
    ...lock.packages,
    [folder]: { name, version, license, dependencies, devDependencies },
    [`node_modules/${name}`]: { resolved: folder, link: true },
  };
  // In npm's order, so that the next `npm install` changes nothing.
  const sorted = Object.entries(others).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return `${JSON.stringify({ ...lock, packages: { '': root, ...Object.fromEntries(sorted) } }, undefined, 2)}\n`;
}

/** What `npm ci` would link; so that nothing has to be installed again. */
async function link(root: string, name: string, app: string): Promise<void> {
  const place = path.join(root, 'node_modules', name);
  if (!existsSync(path.dirname(place)) || existsSync(place)) return;
  await mkdir(path.dirname(place), { recursive: true });
  await symlink(path.relative(path.dirname(place), app), place);
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}
