/** One line of HAProxy's configuration in words, quotes and comments taken off. */
export interface Line {
  readonly number: number;
  readonly words: readonly string[];
}

/** `frontend web` and what stands below it. */
export interface Section {
  readonly kind: string;
  readonly name: string;
  readonly lines: readonly Line[];
}

/** The words that begin a section. Source: HAProxy 2.6 to 3.2, configuration.txt, 2 to 13. */
const SECTIONS = new Set(
  'global defaults frontend backend listen peers resolvers userlist cache program ring http-errors mailers log-forward log-profile fcgi-app traces crt-store acme'.split(
    ' ',
  ),
);

/** Splits a configuration file into its sections. What stands before the first one is left out. */
export function parseConfiguration(text: string): readonly Section[] {
  const sections: { kind: string; name: string; lines: Line[] }[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const words = wordsOf(raw);
    const [first = '', second = ''] = words;
    if (first === '') continue;
    if (SECTIONS.has(first)) sections.push({ kind: first, name: second, lines: [] });
    else sections.at(-1)?.lines.push({ number: index + 1, words });
  }
  return sections;
}

/** Quotes group, a backslash takes the next character as it is, `#` begins a comment. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/(?:\\.|"(?:\\.|[^"])*"|'[^']*'|[^\s"'\\])+/g)) {
    if (word.startsWith('#')) break;
    words.push(
      word.replaceAll(/\\(.)|"((?:\\.|[^"])*)"|'([^']*)'/g, (_, one = '', two = '', three = '') => {
        return `${String(one)}${String(two)}${String(three)}`;
      }),
    );
  }
  return words;
}
