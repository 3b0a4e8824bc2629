import type { TraefikValues } from '../config.ts';
import type { TreeMap } from '../emit/tree.ts';
import { isAtLeast, printVersion } from '../options/version.ts';
import { writtenOptions } from './moved-secrets.ts';
import { optionTree } from './plugin-options.ts';
import { addressOf, configDirOf } from './seen-from-traefik.ts';

/** The Go module of the plugin. */
export const pluginModule = 'github.com/maxlerebourg/crowdsec-bouncer-traefik-plugin';

/** The dynamic part: the middleware. */
export function dynamicTree(values: TraefikValues): TreeMap {
  return middlewareTree(values, { plugin: { [values.alias]: optionTree(writtenOptions(values)) } });
}

/** One middleware as a document of the file provider. */
export function middlewareTree({ middleware }: TraefikValues, body: TreeMap): TreeMap {
  return { http: { middlewares: { [middleware]: body } } };
}

/**
 * The static part: the plugin under the same alias, downloaded or from a folder of Traefik's. Without the last line a Traefik
 * that cannot load it goes on, and answers 404 for every router that uses it.
 */
export function pluginTree({ alias, version, pluginVersion, localPlugin }: TraefikValues): TreeMap {
  const abort = isAtLeast(version, [3, 3, 0]) ? { abortOnPluginFailure: true } : {};
  const plugin = localPlugin
    ? { localPlugins: { [alias]: { moduleName: pluginModule } } }
    : { plugins: { [alias]: { moduleName: pluginModule, version: printVersion(pluginVersion) } } };
  return { experimental: { ...plugin, ...abort } };
}

/** The provider that reads the dynamic part; none for labels and Kubernetes, whose providers are there already. */
export function providerTree(values: TraefikValues): TreeMap {
  if (values.format !== 'yaml' && values.format !== 'toml') return {};
  return { providers: { file: { directory: configDirOf(values), watch: true } } };
}

/** Instead of the file provider: the same document, asked for over HTTP. */
export function httpProviderTree(values: TraefikValues): TreeMap {
  return {
    providers: { http: { endpoint: `${addressOf(values)}${documentPath}`, pollInterval: '5s', pollTimeout: '5s' } },
  };
}

/** Where our server has the document for Traefik's HTTP provider. */
export const documentPath = '/traefik/config';

/** Traefik's own name for where a middleware comes from, after the @. */
export function providerName({ format }: TraefikValues): string {
  return { yaml: 'file', toml: 'file', labels: 'docker', kv: 'consul', kubernetes: 'kubernetescrd' }[format];
}
