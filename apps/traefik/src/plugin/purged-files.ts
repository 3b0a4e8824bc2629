import type { PurgedFiles, RenderedFile } from '@bouncer/target';
import type { TraefikValues } from '../config.ts';
import { emitToml } from '../emit/toml.ts';
import { emitYaml } from '../emit/yaml.ts';
import { middlewareTree } from './documents.ts';
import { movedFile } from './moved-secrets.ts';
import { pluginOptions } from '../options/option-table.ts';
import { sideFiles } from './plugin-options.ts';
import type { TreeMap } from '../emit/tree.ts';

/** What the name of the list that forward-auth keeps over a restart ends in; no provider of Traefik's reads it. */
export const snapshotEnd = '.snapshot';

/** The same of our certificate with its key, and of what Traefik is told to trust. */
export const tlsFileEnd = '-tls.pem';
export const caFileEnd = '-auth-ca.pem';

/** What the names of files that Traefik does not read by itself end in after the middleware's. */
const ends = [
  snapshotEnd,
  tlsFileEnd,
  caFileEnd,
  '.labels.txt',
  '.compose.txt',
  '.kv.txt',
  '.consul.json',
  '-middleware.yaml',
  '-secret.yaml',
];

/** Everybody. Traefik knows no middleware that does nothing, and refuses an empty one. */
const everybody = ['0.0.0.0/0', '::/0'];

/**
 * What `purge` leaves, whatever modes and formats have been in use. The document of the file provider stays, its
 * middleware letting everybody pass: routers that name a missing one answer nobody, and one that asks us would answer
 * 500 to everybody as soon as we are gone. All other files go, and every secret with them.
 */
export function purgedFiles(values: TraefikValues): PurgedFiles {
  const { middleware, outputDir } = values;
  const tree = passAllTree(values);
  const comments = ['Purged by crowdsec-traefik-bouncer: nothing is blocked by it any more.'];
  const file = (end: string, text: string): RenderedFile => ({
    path: `${middleware}.${end}`,
    bytes: Buffer.from(text),
    reload: true,
  });
  return {
    files: [file('yml', emitYaml(tree, comments)), file('toml', emitToml(tree, comments))],
    remove: [
      ...[...ends, ...sideEnds()].map((end) => middleware + end),
      'traefik-static.yml.txt',
      'traefik-static.toml.txt',
      'helm-values.yaml',
    ],
    note: noteOf(values, outputDir),
  };
}

/** The middleware under its own name, for everybody. */
function passAllTree(values: TraefikValues): TreeMap {
  return middlewareTree(values, { ipAllowList: { sourceRange: everybody } });
}

function sideEnds(): readonly string[] {
  const moved = pluginOptions.filter(({ secret }) => secret === true).map(({ name }) => movedFile(name));
  return [...Object.values(sideFiles), ...moved];
}

function noteOf({ middleware, format }: TraefikValues, outputDir: string): string {
  const provider = `  A router that names ${middleware}@http answers no requests once Traefik restarts without the connector: remove it.`;
  switch (format) {
    case 'yaml':
    case 'toml':
      return `  The middleware ${middleware} in ${outputDir} lets everybody pass now, so that routers that name it go on.
  Take it out of them and of the entry points, then delete the folder.
${provider}`;
    case 'labels':
      return `  Traefik holds what was pasted: take the labels and the flags out of the compose file.`;
    case 'kv':
      return `  Traefik holds what was imported: take ${middleware} out of the routers, then delete the keys below
  traefik/http/middlewares/${middleware}.`;
    case 'kubernetes':
      return `  The cluster holds what was applied: take ${middleware} out of the routes, then kubectl delete the Middleware and
  the Secret, which holds the key of LAPI.`;
  }
}
