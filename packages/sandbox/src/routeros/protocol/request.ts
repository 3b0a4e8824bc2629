/** One command of a client, taken apart. All strings are binary (see codec.ts). */
export interface Request {
  /** The first word: `/ip/firewall/address-list/add`. */
  readonly command: string;
  /** `=name=value` words. The last one of a name counts. */
  readonly attributes: ReadonlyMap<string, string>;
  /** `?...` words without the question mark, in order. */
  readonly queries: readonly string[];
  /** Words of no known form; any makes the command fail. */
  readonly strange: readonly string[];
  /** Of `.tag=`; absent when there was none. */
  readonly tag?: string;
}

/** Takes a sentence (at least one word) apart. Attribute order is irrelevant, query order is not. */
export function parseRequest(words: readonly string[]): Request {
  const attributes = new Map<string, string>();
  const queries: string[] = [];
  const strange: string[] = [];
  let tag: string | undefined;
  for (const word of words.slice(1)) {
    if (word.startsWith('=')) readAttribute(word, attributes);
    else if (word.startsWith('?')) queries.push(word.slice(1));
    else if (word.startsWith('.tag=')) tag = word.slice(5);
    else strange.push(word);
  }
  return { command: words[0] ?? '', attributes, queries, strange, ...(tag === undefined ? {} : { tag }) };
}

/** `=name=value`, where the value may hold more `=`, and `=name` alone is an empty value. */
function readAttribute(word: string, attributes: Map<string, string>): void {
  const end = word.indexOf('=', 1);
  if (end < 0) attributes.set(word.slice(1), '');
  else attributes.set(word.slice(1, end), word.slice(end + 1));
}
