import type { SourceLeaf, SourceMap, SourceNode } from './source-node.ts';

interface Growing {
  readonly children: Map<string, SourceNode>;
  readonly line: number;
}

/**
 * Labels (`traefik.http...=value`), KV pairs (`traefik/http/...=value`), flags (`--experimental...=value`) and variables
 * (`TRAEFIK_EXPERIMENTAL_...=value`) as the tree that they stand for. What is none of these is passed over.
 */
export function parseLines(text: string): SourceMap {
  const root: Growing = { children: new Map(), line: 1 };
  for (const [index, line] of text.split('\n').entries()) {
    const bare = line
      .trim()
      .replace(/^- /, '')
      .replace(/^(["'])(.*)\1,?$/, '$2');
    addLine(root, bare, index + 1);
  }
  return root;
}

/** The tree of labels given as a list of `name=value` or as a map. */
export function labelTree(node: SourceNode | undefined): SourceMap {
  const root: Growing = { children: new Map(), line: 1 };
  if (node !== undefined && 'children' in node) {
    for (const [name, value] of node.children) if ('text' in value) addPath(root, name, value);
  } else if (Array.isArray(node)) {
    for (const item of node as readonly SourceNode[]) if ('text' in item) addLine(root, item.text, item.line);
  }
  return root;
}

function addLine(root: Growing, line: string, number: number): void {
  const split = line.indexOf('=');
  if (split < 0) return;
  addPath(root, line.slice(0, split).trim(), { text: line.slice(split + 1).trim(), isPlain: false, line: number });
}

function addPath(root: Growing, name: string, leaf: SourceLeaf): void {
  const path = pathOf(name);
  const last = path.pop();
  if (last === undefined) return;
  let place = root;
  for (const part of path) {
    const key = [...place.children.keys()].find((each) => each.toLowerCase() === part.toLowerCase()) ?? part;
    const child = place.children.get(key);
    const next =
      child !== undefined && 'children' in child
        ? (child as Growing)
        : { children: new Map<string, SourceNode>(), line: leaf.line };
    place.children.set(key, next);
    place = next;
  }
  place.children.set(last, leaf);
}

function pathOf(name: string): string[] {
  if (name.startsWith('--')) return name.slice(2).split('.');
  if (/^traefik\./i.test(name)) return name.split('.').slice(1);
  if (/^traefik\//i.test(name)) return name.split('/').slice(1);
  if (/^TRAEFIK_/.test(name)) return name.toLowerCase().split('_').slice(1);
  return [];
}
