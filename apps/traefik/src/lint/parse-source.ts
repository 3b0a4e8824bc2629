import { messageOf } from '@bouncer/stream';
import { parse as parseToml } from 'smol-toml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { parseLines } from './parse-lines.ts';
import { maskTemplates, mayHoldTemplates } from './template-text.ts';
import type { MaskedText } from './template-text.ts';
import type { SourceNode } from './source-node.ts';

/** A file, read: one node for each document of it. */
export interface Source {
  readonly path: string;
  /** `lines` holds labels, flags or variables, one a line. */
  readonly kind: 'yaml' | 'toml' | 'lines';
  readonly documents: readonly SourceNode[];
  /** True when templates decide which parts of it are there. */
  readonly hasBlocks?: boolean;
  /** Why it cannot be read, for people. */
  readonly error?: string;
}

/** Reads a file by its name and its look. Never throws. */
export function parseSource(path: string, text: string): Source {
  if (/\.toml(\.txt)?$/i.test(path)) return tomlSource(path, maskTemplates(text, 'toml'));
  const isYaml = /\.(?:ya?ml|json)(\.txt)?$/i.test(path);
  if (!isYaml && looksLikeLines(text)) return { path, kind: 'lines', documents: [parseLines(text)] };
  return yamlSource(
    path,
    mayHoldTemplates(text) ? maskTemplates(text, 'yaml') : { text, hasBlocks: false, unmask: () => undefined },
  );
}

function looksLikeLines(text: string): boolean {
  const lines = text.split('\n').map((line) => line.trim().replace(/^- /, ''));
  const told = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return told.length > 0 && told.every((line) => /^["']?(?:--|TRAEFIK_|traefik[./])[^=]*=/i.test(line));
}

function tomlSource(path: string, { text, hasBlocks, unmask }: MaskedText): Source {
  try {
    return { path, kind: 'toml', documents: [ofValue(parseToml(text), unmask)], hasBlocks };
  } catch (error) {
    return { path, kind: 'toml', documents: [], error: (messageOf(error).split('\n')[0] ?? '').slice(0, 200) };
  }
}

function yamlSource(path: string, { text, hasBlocks, unmask }: MaskedText): Source {
  const lines = new LineCounter();
  // Both halves of an {{ if }} may hold the same key.
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: !hasBlocks });
  const nodes: SourceNode[] = [];
  for (const document of documents) {
    const [problem] = document.errors;
    if (problem) {
      const error = `line ${lines.linePos(problem.pos[0]).line}: ${problem.message.split('\n')[0] ?? ''}`;
      return { path, kind: 'yaml', documents: [], error };
    }
    const lineOf = (node: unknown): number => {
      const range = (node as { range?: readonly number[] | null } | null)?.range;
      return range ? lines.linePos(range[0] ?? 0).line : 1;
    };
    const nameOf = (key: string): string => unmask(key) ?? key;
    const convert = (node: unknown, depth = 0): SourceNode => {
      const target = isAlias(node) ? node.resolve(document) : node;
      if (depth > 50) return { text: '', isPlain: false, line: lineOf(target), isNull: true };
      if (isMap(target)) {
        const pairs = target.items.map(({ key, value }): [string, SourceNode] => [
          isScalar(key) ? nameOf(key.source ?? String(key.value)) : '',
          value === null ? nothing(lineOf(key)) : convert(value, depth + 1),
        ]);
        return { children: new Map(pairs), line: lineOf(target) };
      }
      if (isSeq(target)) return target.items.map((item) => convert(item, depth + 1));
      if (!isScalar(target) || target.value === null) return nothing(lineOf(target));
      const isPlain = target.type === 'PLAIN';
      const value = target.value as string | number | boolean;
      const scalar = isPlain ? (target.source ?? String(value)) : String(value);
      const filled = unmask(scalar);
      if (filled !== undefined) return { text: filled, isPlain: false, line: lineOf(target), isTemplate: true };
      return { text: scalar, isPlain, line: lineOf(target) };
    };
    if (document.contents !== null) nodes.push(convert(document.contents));
  }
  return { path, kind: 'yaml', documents: nodes, hasBlocks };
}

function nothing(line: number): SourceNode {
  return { text: '', isPlain: true, line, isNull: true };
}

function ofValue(value: unknown, unmask: MaskedText['unmask']): SourceNode {
  if (Array.isArray(value)) return value.map((item) => ofValue(item, unmask));
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    const children = Object.entries(value).map(([key, child]) => [unmask(key) ?? key, ofValue(child, unmask)] as const);
    return { children: new Map(children), line: 0 };
  }
  const filled = unmask(String(value));
  if (filled !== undefined) return { text: filled, isPlain: false, line: 0, isTemplate: true };
  return { text: String(value), isPlain: false, line: 0 };
}
