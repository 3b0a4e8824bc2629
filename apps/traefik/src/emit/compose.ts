import { flagsOf, labelsOf } from './flat.ts';
import { isList, isMap } from './tree.ts';
import type { Tree, TreeMap } from './tree.ts';
import { emitYaml } from './yaml.ts';

/** A folder, as the host sees it and as Traefik does. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

/** What goes into a compose file. */
export interface ComposeParts {
  /** Flags of Traefik's; may be empty. */
  readonly static: TreeMap;
  readonly dynamic: TreeMap;
  /** What Traefik has to read; undefined when the labels hold all. */
  readonly mount: Mount | undefined;
  /** Networks that Traefik has to be in, beside those that it is in. */
  readonly networks: readonly string[];
  /** Our own service, with its network and secret. */
  readonly connector: { readonly services: TreeMap } & TreeMap;
}

/**
 * A fragment for compose: our own service, and for Traefik's the labels that make the middleware, with the flags that it
 * needs beside its own. `$` is doubled, or compose would put a variable in its place. The middleware is there as long as the
 * container that carries the labels.
 */
export function emitCompose(parts: ComposeParts, comments: readonly string[]): string {
  const { mount, networks, connector } = parts;
  const flags = flagsOf(parts.static);
  const labels = labelsOf(parts.dynamic).map(([name, value]) => `${name}=${value}`);
  const traefik: TreeMap = {
    // An empty list would take away the flags that Traefik has.
    ...(flags.length > 0 && { command: flags }),
    // The long form: in the short one a colon in the name of a folder would end it.
    ...(mount && { volumes: [{ type: 'bind', ...mount, read_only: true }] }),
    ...(networks.length > 0 && { networks: ['default', ...networks] }),
    labels: ['traefik.enable=true', ...labels],
  };
  const note = flags.length > 0 ? ['The lines of command go to those that Traefik has there already.'] : [];
  return emitYaml(doubled({ ...connector, services: { traefik, ...connector.services } }), [...comments, ...note]);
}

/** With every `$` as compose wants it. */
export function doubled(tree: Tree): Tree {
  if (typeof tree === 'string') return tree.replaceAll('$', '$$$$');
  if (isList(tree)) return tree.map(doubled);
  if (!isMap(tree)) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, value]) => [name, doubled(value)]));
}
