/** What a configuration file may hold: the common part of YAML, TOML and JSON. */
export type Tree = string | number | boolean | readonly Tree[] | TreeMap;

export interface TreeMap {
  readonly [key: string]: Tree;
}

export function isMap(tree: unknown): tree is TreeMap {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

export function isList(tree: unknown): tree is readonly Tree[] {
  return Array.isArray(tree);
}

/** The scalars of a tree with the way to each: names, and indexes of lists. In the order of the tree. */
export function* leavesOf(tree: Tree, path: readonly string[] = []): Generator<readonly [readonly string[], string]> {
  if (isList(tree)) for (const [index, item] of tree.entries()) yield* leavesOf(item, [...path, String(index)]);
  else if (isMap(tree)) for (const [key, value] of Object.entries(tree)) yield* leavesOf(value, [...path, key]);
  else yield [path, String(tree)];
}

/** What stands at the end of a way; names are compared as Traefik does, without regard to capitals. */
export function at(tree: unknown, ...path: readonly string[]): unknown {
  let place = tree;
  for (const name of path) {
    if (!isMap(place)) return undefined;
    const key = Object.keys(place).find((each) => each.toLowerCase() === name.toLowerCase());
    place = key === undefined ? undefined : place[key];
  }
  return place;
}
