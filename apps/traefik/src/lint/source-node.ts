/** One value of a configuration file, with its place. */
export interface SourceLeaf {
  readonly text: string;
  /** True for a YAML scalar without quotes, which its reader may take for a number or a date. */
  readonly isPlain: boolean;
  /** From 1; 0 when it is not known (TOML). */
  readonly line: number;
  /** True for a key without a value. */
  readonly isNull?: boolean;
  /** True when Traefik's templates fill it in, wholly or in part; the text holds them. */
  readonly isTemplate?: boolean;
}

export type SourceNode = SourceLeaf | readonly SourceNode[] | SourceMap;

export interface SourceMap {
  readonly children: ReadonlyMap<string, SourceNode>;
  readonly line: number;
}

export function isSourceMap(node: SourceNode | undefined): node is SourceMap {
  return node !== undefined && 'children' in node;
}

export function isSourceLeaf(node: SourceNode | undefined): node is SourceLeaf {
  return node !== undefined && 'text' in node;
}

export function isSourceList(node: SourceNode | undefined): node is readonly SourceNode[] {
  return Array.isArray(node);
}

/** What stands at the end of a way; capitals do not count, as in Traefik. */
export function sourceAt(node: SourceNode | undefined, ...path: readonly string[]): SourceNode | undefined {
  let place = node;
  for (const name of path) place = childOf(place, name);
  return place;
}

/** The children of a map; none of anything else. */
export function childrenOf(node: SourceNode | undefined): readonly (readonly [string, SourceNode])[] {
  return isSourceMap(node) ? [...node.children] : [];
}

/** The text of a leaf. */
export function textOf(node: SourceNode | undefined): string | undefined {
  return isSourceLeaf(node) && node.isNull !== true ? node.text : undefined;
}

/** Where a node stands; 0 when it is not known. */
export function lineOf(node: SourceNode): number {
  if (isSourceList(node)) return node[0] === undefined ? 0 : lineOf(node[0]);
  return node.line;
}

function childOf(node: SourceNode | undefined, name: string): SourceNode | undefined {
  if (!isSourceMap(node)) return undefined;
  const key = [...node.children.keys()].find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : node.children.get(key);
}
