import type { RenderedFile } from '@bouncer/target';
import type { TraefikValues } from '../config.ts';
import { emitCompose } from '../emit/compose.ts';
import type { ComposeParts } from '../emit/compose.ts';
import { consulJson, kvPairsOf, labelsOf } from '../emit/flat.ts';
import type { Flat } from '../emit/flat.ts';
import { emitMiddleware, emitSecret } from '../emit/kubernetes.ts';
import { emitToml } from '../emit/toml.ts';
import { emitYaml } from '../emit/yaml.ts';
import { at } from '../emit/tree.ts';
import type { TreeMap } from '../emit/tree.ts';
import { secretName } from './plugin-options.ts';
import { composeNetworks, connectorService } from './compose-service.ts';
import { configDirOf, hostDirOf } from './seen-from-traefik.ts';
import { privateMode, readSideTexts, secretData } from './side-files.ts';

/** A configuration in its two parts. The static part may be empty. */
export interface Configuration {
  readonly dynamic: TreeMap;
  readonly static: TreeMap;
  /** What a reader should know about the choices made; one line each. */
  readonly comments: readonly string[];
}

/**
 * The files of a configuration, in the asked format. Only the dynamic file has a name that Traefik's file provider reads:
 * there it would pass over a static part in silence.
 */
export function configurationFiles(values: TraefikValues, configuration: Configuration): readonly RenderedFile[] {
  const { middleware, format } = values;
  const { dynamic, comments } = configuration;
  const fixed = configuration.static;
  switch (format) {
    case 'yaml':
      return [file(`${middleware}.yml`, emitYaml(dynamic, comments)), ...staticFile('yml', emitYaml(fixed), fixed)];
    case 'toml':
      return [file(`${middleware}.toml`, emitToml(dynamic, comments)), ...staticFile('toml', emitToml(fixed), fixed)];
    case 'labels':
      return [
        file(`${middleware}.labels.txt`, lines(labelsOf(dynamic))),
        file(`${middleware}.compose.txt`, emitCompose(composeParts(values, configuration), comments)),
      ];
    case 'kv':
      return [
        file(`${middleware}.kv.txt`, lines(kvPairsOf(dynamic))),
        file(`${middleware}.consul.json`, consulJson(kvPairsOf(dynamic))),
        ...staticFile('yml', emitYaml(fixed), fixed),
      ];
    case 'kubernetes': {
      const all = Object.entries(at(dynamic, 'http', 'middlewares') as TreeMap);
      const documents = all.map(([name, spec]) => emitMiddleware(name, spec as TreeMap, comments));
      const helm = Object.keys(fixed).length === 0 ? [] : [file('helm-values.yaml', emitYaml(fixed))];
      return [file(`${middleware}-middleware.yaml`, documents.join('---\n')), ...helm];
    }
  }
}

/** Key and certificates for the plugin, before all that names them. */
export function pluginSideFiles(values: TraefikValues): readonly RenderedFile[] {
  const { middleware, format } = values;
  if (format === 'kubernetes') {
    const text = emitSecret(secretName(values), secretData(values));
    return [{ path: `${middleware}-secret.yaml`, bytes: Buffer.from(text), mode: privateMode, reload: true }];
  }
  return readSideTexts(values).map(({ file: end, text, isPrivate }) => ({
    path: `${middleware}${end}`,
    bytes: Buffer.from(`${text}\n`),
    reload: true,
    ...(isPrivate ? { mode: privateMode } : {}),
  }));
}

function staticFile(extension: string, text: string, tree: TreeMap): readonly RenderedFile[] {
  return Object.keys(tree).length === 0 ? [] : [file(`traefik-static.${extension}.txt`, text)];
}

function file(path: string, text: string): RenderedFile {
  return { path, bytes: Buffer.from(text), reload: true };
}

function lines(pairs: readonly Flat[]): string {
  return pairs.map(([name, value]) => `${name}=${value}\n`).join('');
}

function composeParts(values: TraefikValues, { dynamic, static: fixed }: Configuration): ComposeParts {
  // In the labels of forward-auth a file is named only for the certificate that Traefik has to trust.
  const isRead = values.mode === 'plugin' || values.listenTls !== 'off';
  return {
    dynamic,
    static: fixed,
    mount: isRead ? { source: hostDirOf(values), target: configDirOf(values) } : undefined,
    networks: composeNetworks(values),
    connector: connectorService(values),
  };
}
