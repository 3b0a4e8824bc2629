/** One directive of a configuration of NGINX. */
export interface Directive {
  readonly name: string;
  readonly parameters: readonly string[];
  /** What stands between its braces; of a block of Lua nothing. */
  readonly block?: readonly Directive[];
  /** The text of a block of Lua. */
  readonly lua?: string;
  /** The file that it stands in. */
  readonly file: string;
}

/** Reads one file as NGINX does. Whatever is odd in it ends the reading early, and never throws: NGINX has tested it. */
export function parseConfiguration(text: string, file: string): Directive[] {
  return readBlock({ text, at: 0 }, file);
}

interface Cursor {
  readonly text: string;
  at: number;
}

function readBlock(cursor: Cursor, file: string): Directive[] {
  const found: Directive[] = [];
  let words: string[] = [];
  for (let token = nextToken(cursor); token !== undefined && token !== '}'; token = nextToken(cursor)) {
    if (token !== ';' && token !== '{') {
      words.push(token.slice(1));
      continue;
    }
    const [name = '', ...parameters] = words;
    words = [];
    const directive = { name, parameters, file };
    if (token === ';') found.push(directive);
    else if (name.endsWith('_by_lua_block')) found.push({ ...directive, lua: readLua(cursor) });
    else found.push({ ...directive, block: readBlock(cursor, file) });
  }
  return found;
}

/** `;`, `{` or `}`, or a word with a mark in front of it, so that a quoted brace is none of those. */
function nextToken(cursor: Cursor): string | undefined {
  const { text } = cursor;
  const blank = /(?:\s|#[^\n]*)*/y;
  blank.lastIndex = cursor.at;
  blank.exec(text);
  cursor.at = blank.lastIndex;
  const first = text[cursor.at];
  if (first === undefined) return undefined;
  if (first === ';' || first === '{' || first === '}') {
    cursor.at += 1;
    return first;
  }
  const word =
    first === '"'
      ? /"(?:[^"\\]|\\[^])*"?/y
      : first === "'"
        ? /'(?:[^'\\]|\\[^])*'?/y
        : /(?:\$\{|\\[^]|[^\s;{\\])+|\\$/y;
  word.lastIndex = cursor.at;
  const [raw = first] = word.exec(text) ?? [];
  cursor.at += raw.length;
  const inner = first === '"' || first === "'" ? raw.slice(1, -1) : raw;
  return `w${inner.replaceAll(/\\([^])/g, (all, next: string) => (/["'\\ ;{}]/.test(next) ? next : all))}`;
}

/** To the brace that closes a block of Lua: those in its strings and comments do not count. */
function readLua(cursor: Cursor): string {
  const start = cursor.at;
  const part = /--\[(=*)\[[^]*?\]\1\]|--[^\n]*|\[(=*)\[[^]*?\]\2\]|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'|[{}]/g;
  part.lastIndex = start;
  let depth = 1;
  for (let match = part.exec(cursor.text); match; match = part.exec(cursor.text)) {
    if (match[0] === '{') depth += 1;
    else if (match[0] === '}') depth -= 1;
    if (depth > 0) continue;
    cursor.at = part.lastIndex;
    return cursor.text.slice(start, part.lastIndex - 1);
  }
  cursor.at = cursor.text.length;
  return cursor.text.slice(start);
}
