import { readFileSync } from 'node:fs';

/**
 * A text in another language, from a file beside the calling module: without comments and blank lines, and a shell script
 * on one line. Lines between `settings` and `end of settings` are samples for linters; `fillIn` puts ours in their place.
 *
 * From source it reads the file; tools/build.ts replaces the call, which has to name the file by a literal.
 * @throws Error for a kind of file without a rule here.
 */
export function foreignText(module: Pick<ImportMeta, 'url'>, file: string): string {
  const language = languages[file.slice(file.lastIndexOf('.'))];
  if (!language) throw new Error(`${file}: no rule for shrinking this kind of file`);
  return language.squeeze(markSettings(readFileSync(new URL(file, module.url), 'utf8'), language));
}

/**
 * Puts settings into the one place of a text that is for them. `print` gives the line of one setting: everything foreign
 * in it has to go through the printer of that language. `between` is what stands between two lines.
 * @throws Error when the text wants others than it is given.
 */
export function fillIn<Value>(
  text: string,
  values: Readonly<Record<string, Value>>,
  print: (name: string, value: Value) => string,
  between = '\n',
): string {
  const [place = '', wanted = ''] = PLACE.exec(text) ?? [];
  const given = Object.keys(values).sort().join(' ');
  if (wanted.split(' ').sort().join(' ') !== given) throw new Error(`the text wants "${wanted}", not "${given}"`);
  const lines = Object.entries(values).map(([name, value]) => print(name, value));
  return text.replace(place, () => lines.join(between));
}

interface Language {
  /** The beginning of a comment that has its line for itself. */
  readonly comment: string;
  /** The name that a line of settings gives a value to. */
  readonly setting: RegExp;
  readonly squeeze: (text: string, language: Language) => string;
}

const PLACE = /@settings\(([\w ]*)\)/;

const languages: Readonly<Record<string, { squeeze: (text: string) => string } & Language>> = {
  // People read these where they go (crowdsec.conf, setup): the indentation stays, and in Lua the first words.
  '.lua': { comment: '--', setting: /^local (\w+) = /, squeeze: (text) => heading(text) + withoutComments(text, '--') },
  '.php': { comment: '//', setting: /^\$(\w+) = /, squeeze: (text) => withoutComments(text, '//') },
  '.sh': { comment: '#', setting: /^(\w+)=/, squeeze: oneLine },
  '.html': { comment: '<!--', setting: /^$/, squeeze: squeezeHtml },
};

function markSettings(text: string, { comment, setting }: Language): string {
  const block = new RegExp(`^${comment} settings\\b.*\\n([^]*?)^${comment} end of settings\\n`, 'm');
  return text.replace(block, (_, lines: string) => {
    const names = lines.split('\n').flatMap((line) => setting.exec(line)?.[1] ?? []);
    return `@settings(${names.join(' ')})\n`;
  });
}

function withoutComments(text: string, comment: string): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith(comment))
    .map((line) => `${line}\n`)
    .join('');
}

/** Comments that a text begins with. */
function heading(text: string): string {
  return /^(--.*\n)*/.exec(text)?.[0] ?? '';
}

/**
 * A script on one line. Each of its lines is a command, or ends where the shell goes on reading: after one of these words
 * and signs, after a backslash, or within double quotes. A pattern of `case` has its first command on its own line.
 */
function oneLine(text: string): string {
  return withoutComments(text, '#')
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().replace(/ ;;$/, ';;'))
    .reduce((script, line) => script.replace(/\\$/, '') + joint(script) + line);
}

function joint(script: string): '' | ' ' | ';' {
  if (hasOpenQuote(script) || /(^|[\s;])(then|do|else|in)$|\{$/.test(script)) return ' ';
  return /[(|&\\]$|;;$/.test(script) ? '' : ';';
}

function hasOpenQuote(script: string): boolean {
  return (script.replace(/\\./g, '').match(/"/g)?.length ?? 0) % 2 === 1;
}

function squeezeHtml(text: string): string {
  return withoutComments(text.replace(/<!--[^]*?-->/g, ''), '<!--').replace(/^ +/gm, '');
}
