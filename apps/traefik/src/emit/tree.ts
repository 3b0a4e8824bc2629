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
