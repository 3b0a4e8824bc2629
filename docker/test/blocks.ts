import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { must } from './engine/run.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A fenced block of a document: what people copy. */
export interface Block {
  /** File, and the heading it stands below: `README.md: Quick start: NGINX`. */
  readonly place: string;
  readonly file: string;
  readonly heading: string;
  /** What stands behind the fence; empty for what a shell takes. */
  readonly language: string;
  readonly code: string;
}

/** Pages for those who work on the code: their blocks are drawings and commands of a checkout. */
const forAuthors = ['architecture.md', 'fault-matrix.md', 'glossary.md', 'releasing.md', 'testing.md'];

/** All documents for users: the README, docs/, and each connector's own. */
export async function documents(): Promise<string[]> {
  const pages = (await readdir(path.join(root, 'docs'))).filter(
    (name) => name.endsWith('.md') && !forAuthors.includes(name),
  );
  const apps = await readdir(path.join(root, 'apps'), { recursive: true });
  const own = apps.filter((name) => /^\w+\/README\.md$/.test(name));
  return ['README.md', ...pages.map((name) => `docs/${name}`), ...own.map((name) => `apps/${name}`)];
}

/** The blocks of a document, in their order. */
export async function blocksOf(file: string): Promise<Block[]> {
  const text = await readFile(path.join(root, file), 'utf8');
  let heading = '';
  const found: Block[] = [];
  for (const [, title, language = '', code = ''] of text.matchAll(/^## (.*)$|^[ ]*```(\w*)\n([^]*?)^[ ]*```[ ]*$/gm)) {
    if (title !== undefined) heading = title;
    else found.push({ place: `${file}: ${heading}`, file, heading, language, code });
  }
  return found;
}

/** Its commands, each on one line. */
export function commandsOf(code: string): string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** What a shell makes of the words of a command that begins with `docker`; nothing is run but what is in `$()`. */
export async function wordsOf(command: string): Promise<string[]> {
  const output = await must('bash', ['-c', `docker() { printf '%s\\0' "$@"; }; ${command}`]);
  return output.split('\0').slice(0, -1);
}

/** `docker run` taken apart. */
export interface DockerRun {
  /** The words between `docker run` and the image. */
  readonly options: readonly string[];
  readonly image: string;
  /** The command and its flags. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Options that take a word of their own. */
const withValue = new Set([
  '-e',
  '-v',
  '-p',
  '--name',
  '--network',
  '--cap-drop',
  '--cap-add',
  '--group-add',
  '--user',
]);

/** Throws on an option that it does not know: then it cannot tell where the image's name stands. */
export function dockerRun(words: readonly string[]): DockerRun {
  let at = 1;
  const env: Record<string, string> = {};
  while (words[at]?.startsWith('-') === true) {
    const option = words[at] ?? '';
    const isFlag = ['-d', '--rm', '--read-only'].includes(option) || option.includes('=');
    if (!isFlag && !withValue.has(option)) throw new Error(`unknown option of docker run: ${option}`);
    if (option === '-e') {
      const [name = '', ...value] = (words[at + 1] ?? '').split('=');
      env[name] = value.join('=');
    }
    at += isFlag ? 1 : 2;
  }
  return { options: words.slice(1, at), image: words[at] ?? '', args: words.slice(at + 1), env };
}
