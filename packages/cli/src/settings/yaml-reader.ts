import type { Document } from 'yaml';
import { printable, type Problem } from '@bouncer/target';

/** A settings file has few aliases, if any: more are a file that was made to grow without end. */
const MAX_ALIASES = 100;

/** One key of a group with what stands behind it. */
export interface YamlMember {
  readonly key: string;
  readonly line: number;
  readonly node: unknown;
}

/** A parsed YAML file, read node by node. What is wrong is added to `problems`. */
export interface YamlReader {
  readonly problems: Problem[];
  /** True when nothing of the file can be used. */
  readonly isUnread: boolean;
  /** The keys of the file itself. */
  readonly root: readonly YamlMember[];
  fail(line: number, problem: string): void;
  /** The members of a group; undefined, and nothing told, when it is none. An empty one has none. */
  groupOf(node: unknown): readonly YamlMember[] | undefined;
  /** The items of a list with their lines; undefined when it is none. */
  itemsOf(node: unknown): readonly { readonly node: unknown; readonly line: number }[] | undefined;
  isEmpty(node: unknown): boolean;
  /** A scalar or list by its source text, so that a password `0123` stays `0123`. */
  textOf(node: unknown, key: string): string | undefined;
  /** JSON of a group; plain scalars by their source text: what they mean is for the setting to say. */
  treeText(node: unknown): string | undefined;
}

/** Parses a text. The parser is loaded only when there is a file. */
export async function openYaml(path: string, text: string): Promise<YamlReader> {
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const fail = (line: number, problem: string): void => {
    problems.push({ variable: `${path}:${line}`, problem });
  };
  const lineOf = (node: unknown): number => {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    return range ? lines.linePos(range[0] ?? 0).line : 1;
  };
  let document: Document.Parsed | undefined;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  } catch {
    // The parser calls itself for every level.
    problems.push({ variable: path, problem: 'is not valid YAML: it is nested too deeply' });
  }
  for (const { pos, message } of document ? [...document.errors, ...document.warnings] : []) {
    fail(lines.linePos(pos[0]).line, `is not valid YAML: ${printable(message.split('\n')[0] ?? '')}`);
  }
  let aliases = 0;

  /** The node itself, or what an alias stands for. Nothing after too many of them, which is told once. */
  function targetOf(node: unknown): unknown {
    if (!isAlias(node)) return node;
    aliases += 1;
    if (aliases === MAX_ALIASES) fail(lineOf(node), `has more than ${MAX_ALIASES} aliases`);
    return aliases < MAX_ALIASES && document ? node.resolve(document) : undefined;
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

  function treeOf(node: unknown): unknown {
    const target = targetOf(node);
    if (isMap(target)) {
      const pairs = target.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), treeOf(value)]);
      return Object.fromEntries(pairs) as unknown;
    }
    if (isSeq(target)) return target.items.map(treeOf);
    return textOf(target, '');
  }

  function isEmpty(node: unknown): boolean {
    const target = targetOf(node);
    return target === null || target === undefined || (isScalar(target) && target.value === null);
  }

  function groupOf(node: unknown): readonly YamlMember[] | undefined {
    const target = targetOf(node);
    if (!isMap(target)) return undefined;
    return target.items.map(({ key, value }) => ({
      key: isScalar(key) ? String(key.value) : '',
      line: lineOf(key),
      node: value,
    }));
  }

  const contents = problems.length > 0 ? null : (document?.contents ?? null);
  const root = groupOf(contents);
  if (!root && !isEmpty(contents)) fail(1, 'must hold keys and values, such as `crowdsec:` with keys below it');
  return {
    problems,
    isUnread: problems.length > 0,
    root: root ?? [],
    fail,
    groupOf,
    isEmpty,
    textOf,
    itemsOf(node) {
      const target = targetOf(node);
      return isSeq(target) ? target.items.map((item) => ({ node: item, line: lineOf(item) })) : undefined;
    },
    treeText: (node) => (isMap(node) ? JSON.stringify(treeOf(node)) : undefined),
  };
}
