import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';

/** Any tree as Traefik sees it in the end: every scalar a text, every list one text with commas. */
export type Decoded = string | { readonly [key: string]: Decoded };

export function decodeYaml(text: string): Decoded {
  return normal(parseYaml(text));
}

export function decodeToml(text: string): Decoded {
  return normal(parseToml(text));
}

/** `name<separator>name=value` lines, the first name being `traefik`. */
export function decodeFlat(text: string, separator: '.' | '/'): Decoded {
  const root: Record<string, unknown> = {};
  for (const line of text.split('\n').filter(Boolean)) {
    const split = line.indexOf('=');
    const path = line.slice(0, split).split(separator).slice(1);
    const last = path.pop() ?? '';
    let place = root;
    for (const name of path) place = (place[name] ??= {}) as Record<string, unknown>;
    place[last] = line.slice(split + 1);
  }
  return normal(root);
}

export function normal(tree: unknown): Decoded {
  if (Array.isArray(tree)) return tree.map(String).join(',');
  if (typeof tree !== 'object' || tree === null) return String(tree);
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, normal(value)]));
}
