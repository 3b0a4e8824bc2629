import { readFileSync } from 'node:fs';
import type { Document } from 'yaml';
import { fileProblem, nearest, printable, type Problem } from '@bouncer/target';

/** A settings file has few aliases, if any: more are a file that was made to grow without end. */
const MOST_ALIASES = 100;

/** One value of the YAML file as text, in the words that the environment would use. */
export interface YamlValue {
  readonly key: string;
  readonly text: string;
  readonly line: number;
}

export interface YamlFile {
  readonly path: string;
  /** By variable: `MIKROTIK_HOST`, or `MIKROTIK_PASSWORD_FILE`. */
  readonly values: ReadonlyMap<string, YamlValue>;
  readonly problems: readonly Problem[];
}

/**
 * Reads a YAML file of settings, at most one group deep. `keys` maps every known key to its variable; those in `trees` may
 * be as deep as they like.
 * The source text of plain scalars counts, so that a password `0123` stays `0123`.
 */
export async function readYamlFile(
  path: string,
  keys: ReadonlyMap<string, string>,
  trees: ReadonlySet<string> = new Set(),
): Promise<YamlFile> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return { path, values: new Map(), problems: [{ variable: 'CONFIG_FILE', problem: fileProblem(path, error) }] };
  }
  return parseYaml(path, text, keys, trees);
}

/** The same for a text that was read already. The parser is loaded only when there is a file. */
export async function parseYaml(
  path: string,
  text: string,
  keys: ReadonlyMap<string, string>,
  trees: ReadonlySet<string> = new Set(),
): Promise<YamlFile> {
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const values = new Map<string, YamlValue>();
  const problems: Problem[] = [];
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  } catch {
    // The parser calls itself for every level.
    problems.push({ variable: path, problem: 'is not valid YAML: it is nested too deeply' });
    return { path, values, problems };
  }
  let aliases = 0;
  const lineOf = (node: unknown): number => {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    return range ? lines.linePos(range[0] ?? 0).line : 1;
  };
  const fail = (line: number, problem: string): void => {
    problems.push({ variable: `${path}:${line}`, problem });
  };

  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    fail(lines.linePos(pos[0]).line, `is not valid YAML: ${printable(message.split('\n')[0] ?? '')}`);
  }
  if (problems.length > 0) return { path, values, problems };

  /** The node itself, or what an alias stands for. Nothing after too many of them, which is told once. */
  function targetOf(node: unknown): unknown {
    if (!isAlias(node)) return node;
    aliases += 1;
    if (aliases === MOST_ALIASES) fail(lineOf(node), `has more than ${MOST_ALIASES} aliases`);
    return aliases < MOST_ALIASES ? node.resolve(document) : undefined;
  }

  function textOf(node: unknown, key: string): string | undefined {
    const target = targetOf(node);
    if (target === null || target === undefined) return undefined;
    if (isSeq(target)) return target.items.map((item) => textOf(item, key) ?? '').join(',');
    if (isScalar(target)) {
      if (target.value === null) return undefined;
      if (target.type === 'PLAIN' && target.source !== undefined) return target.source;
      return typeof target.value === 'string' ? target.value : JSON.stringify(target.value);
    }
    fail(lineOf(target), `${printable(key)} is a group; a plain value is accepted`);
    return undefined;
  }

  /** JSON of a node, plain scalars by their source text: what they mean is for the setting to say. */
  function treeOf(node: unknown): unknown {
    const target = targetOf(node);
    if (isMap(target)) {
      const pairs = target.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), treeOf(value)]);
      return Object.fromEntries(pairs) as unknown;
    }
    if (isSeq(target)) return target.items.map(treeOf);
    return textOf(target, '');
  }

  function addValue(key: string, node: unknown, line: number): void {
    const variable = keys.get(key);
    if (variable === undefined) {
      const guess = nearest(key, keys.keys());
      fail(line, `unknown key ${printable(key)}${guess === undefined ? '' : `; did you mean ${guess}?`}`);
      return;
    }
    const value = trees.has(variable) && isMap(node) ? JSON.stringify(treeOf(node)) : textOf(node, key);
    if (value !== undefined && value.trim() !== '') values.set(variable, { key, text: value, line });
  }

  const groups = new Set([...keys.keys()].filter((key) => key.includes('.')).map((key) => key.split('.')[0]));
  const root = document.contents;
  if (root !== null && !(isScalar(root) && root.value === null) && !isMap(root)) {
    fail(1, 'must hold keys and values, such as `crowdsec:` with keys below it');
  }
  for (const pair of isMap(root) ? root.items : []) {
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    const line = lineOf(pair.key);
    if (!groups.has(name)) {
      addValue(name, pair.value, line);
      continue;
    }
    const group = targetOf(pair.value);
    if (group === null || group === undefined || (isScalar(group) && group.value === null)) continue;
    if (!isMap(group)) {
      fail(line, `${name} must be a group: keys below it, each on a line of its own`);
      continue;
    }
    for (const member of group.items) {
      const key = isScalar(member.key) ? String(member.key.value) : '';
      addValue(`${name}.${key}`, member.value, lineOf(member.key));
    }
  }
  return { path, values, problems };
}
