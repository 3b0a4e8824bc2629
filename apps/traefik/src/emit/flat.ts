import { isList, isMap } from './tree.ts';
import type { Tree, TreeMap } from './tree.ts';

/** One name with its value: a label, a key of a KV store, a flag, a variable. */
export type Flat = readonly [name: string, value: string];

/** `traefik.http.middlewares.crowdsec...` = value. Lists are joined by comma, as Traefik splits them. */
export function labelsOf(tree: TreeMap): Flat[] {
  return flatten(tree, ['traefik'], '.');
}

/** `traefik/http/middlewares/crowdsec/...` = value, for Consul, etcd, Redis and ZooKeeper. */
export function kvPairsOf(tree: TreeMap): Flat[] {
  return flatten(tree, ['traefik'], '/');
}

/** `--experimental.plugins.crowdsec.modulename=...`: static options on Traefik's command line. */
export function flagsOf(tree: TreeMap): string[] {
  return flatten(tree, [], '.').map(([name, value]) => `--${name.toLowerCase()}=${value}`);
}

/** `TRAEFIK_EXPERIMENTAL_PLUGINS_CROWDSEC_MODULENAME=...`: static options in Traefik's environment. */
export function variablesOf(tree: TreeMap): string[] {
  return flatten(tree, ['traefik'], '_').map(([name, value]) => `${name.toUpperCase()}=${value}`);
}

/** `consul kv import` takes this: values in base64, so that nothing in them counts. */
export function consulJson(pairs: readonly Flat[]): string {
  const rows = pairs.map(([key, value]) => ({ key, flags: 0, value: Buffer.from(value).toString('base64') }));
  return `${JSON.stringify(rows, undefined, 2)}\n`;
}

function flatten(tree: Tree, path: readonly string[], separator: string): Flat[] {
  if (isMap(tree)) {
    return Object.entries(tree).flatMap(([key, value]) => flatten(value, [...path, key], separator));
  }
  return [[path.join(separator), isList(tree) ? tree.map(String).join(',') : String(tree)]];
}
