import { shellWord, warned } from '@bouncer/target';
import type { TraefikValues } from '../config.ts';
import { doubled } from '../emit/compose.ts';
import { flagsOf, variablesOf } from '../emit/flat.ts';
import { emitToml } from '../emit/toml.ts';
import { emitYaml } from '../emit/yaml.ts';
import { documentPath, httpProviderTree, pluginModule, pluginTree, providerName, providerTree } from './documents.ts';
import { composeNetworks, connectorService } from './compose-service.ts';
import { readerFix } from './readers.ts';
import type { TreeMap } from '../emit/tree.ts';
import { addressOf, configDirOf, hostDirOf } from './seen-from-traefik.ts';
import { isAtLeast, printVersion } from '../options/version.ts';

/** A heading and the lines below it. */
export type Section = readonly [heading: string, text: string];

/** What to do in Traefik for the plugin; the key itself is never printed. */
export function pluginSetup(values: TraefikValues): string {
  const fixed = { ...pluginTree(values), ...providerTree(values) };
  return sections([
    whichMode,
    [
      'Traefik reads its static part from ONE of these. Add, then restart Traefik. As a file:',
      staticText(values, fixed),
    ],
    ['or on its command line:', flagsOf(fixed).join('\n')],
    ['or in its environment:', variablesOf(fixed).join('\n')],
    ...localPlugin(values),
    whatIsWritten(values),
    ...(values.format === 'yaml' || values.format === 'toml' ? [httpProvider(values)] : []),
    usage(values),
    ...ownService(values),
    [
      'To know:',
      [
        'In stream mode the plugin blocks single addresses only, no ranges; `check` counts what it would miss. TRAEFIK_MODE=forwardauth blocks ranges.',
        `The files with the key are for their owner and group. Where Traefik is not root: ${readerFix(process.getgid?.() ?? 'GROUP')}.`,
        ...(isAtLeast(values.version, [3, 3, 0])
          ? [
              'abortOnPluginFailure ends a Traefik that cannot load the plugin; without it every router that uses it answers 404.',
            ]
          : []),
        'A new key or CA counts for the plugin only after a restart of Traefik (TRAEFIK_RELOAD_COMMAND can do it).',
        `It loaded when Traefik's log says ${isAtLeast(values.version, [3, 0, 0]) ? '"Plugins loaded."' : 'nothing of "Plugins are disabled because an error has occurred."'}`,
      ].join('\n'),
    ],
  ]);
}

/** The part of Traefik that reads a document of ours, for modes without the plugin. */
export function documentSetup(values: TraefikValues): readonly Section[] {
  const fixed = providerTree(values);
  if (Object.keys(fixed).length === 0) return [whatIsWritten(values), usage(values)];
  return [
    ['Static part of Traefik (add, then restart it):', staticText(values, fixed)],
    whatIsWritten(values),
    httpProvider(values),
    usage(values),
  ];
}

/** Which mode to take, in four lines. */
export const whichMode: Section = [
  'Which mode (TRAEFIK_MODE)?',
  `# forwardauth: take it, unless one of the next two is about you. Ranges, filters, a new key at once, AppSec, captcha;
#   TRAEFIK_LISTEN_TLS makes it as fast as busy sites need.
# plugin: where Traefik may not depend on another container (while forward-auth is away it answers 500 to everybody).
# native: where neither is wanted, and some hundreds of local decisions are enough.`,
];

/** For a Traefik without internet. */
function localPlugin({ localPlugin: isLocal, pluginVersion }: TraefikValues): readonly Section[] {
  if (!isLocal) return [];
  const text = `# put the source of ${printVersion(pluginVersion)} into plugins-local/src/${pluginModule} below Traefik's working folder
#   (its official image: /plugins-local/src/${pluginModule})`;
  return [['The plugin itself is not downloaded (TRAEFIK_LOCAL_PLUGIN):', text]];
}

/** This connector beside Traefik: in a compose file, or in Kubernetes. */
export function ownService(values: TraefikValues): readonly Section[] {
  if (values.format === 'kubernetes') return [['This connector in the cluster:', clusterNotes(values)]];
  // In the compose file that is written already.
  if (values.format === 'labels') return [];
  const traefik = { networks: ['default', ...composeNetworks(values)] };
  const { services, ...rest } = connectorService(values);
  const all = values.mode === 'forwardauth' ? { traefik, ...services } : services;
  return [['This connector in the compose file of Traefik:', emitYaml(doubled({ services: all, ...rest }))]];
}

function clusterNotes({ mode }: TraefikValues): string {
  const notes = [
    'the chart docker/helm/crowdsec-bouncer (kind=traefik) makes Deployment, Service and NetworkPolicy; so does kubectl apply -k docker/kubernetes/traefik',
    'externalTrafficPolicy: Local on the Service of Traefik, or it sees addresses of nodes in place of those of clients, and nobody is blocked',
    'several replicas may share a key from CrowdSec 1.6.4 on, which tells them apart by their addresses; with an older one, or behind NAT, each change reaches one of them only: one replica, or a key for each',
  ];
  if (mode === 'plugin')
    notes.push(
      'each replica of Traefik pulls LAPI by itself, with the key of the Secret: the last line is about these, too',
    );
  return notes.map((note) => `# ${note}`).join('\n');
}

/** Headings as comments, text below them. */
export function sections(list: readonly Section[]): string {
  return `${list.map(([heading, text]) => `# ${heading}\n${text.trimEnd()}`).join('\n\n')}\n`;
}

function staticText({ format }: TraefikValues, tree: TreeMap): string {
  return format === 'toml' ? emitToml(tree) : emitYaml(tree);
}

function whatIsWritten(values: TraefikValues): Section {
  const { outputDir, format, middleware } = values;
  const text = {
    yaml: `mount the folder ${hostDirOf(values)} of the host into Traefik's container as ${configDirOf(values)}, read-only; the folder, not the file`,
    toml: `mount the folder ${hostDirOf(values)} of the host into Traefik's container as ${configDirOf(values)}, read-only; the folder, not the file`,
    labels: `${hostDirOf(values)}/${middleware}.compose.txt goes into your compose file; ${middleware}.labels.txt has the labels alone`,
    kv: `consul kv import ${shellWord(`@${outputDir}/${middleware}.consul.json`)}, or set the pairs of ${middleware}.kv.txt (Redis: notify-keyspace-events KEA)`,
    kubernetes: `kubectl apply, in the namespace of Traefik: the files *.yaml of ${hostDirOf(values)} but for helm-values.yaml, which is for helm`,
  }[format];
  return ['What `run` and `sync` write:', text];
}

function httpProvider(values: TraefikValues): Section {
  const tree = httpProviderTree(values);
  const text = `${staticText(values, tree)}# the middleware is then ${values.middleware}@http; the document is ${addressOf(values)}${documentPath}`;
  return ['Instead of the file provider, the HTTP provider (needs `run`):', text];
}

/** For modes whose middleware has to be named, when Traefik itself is not asked. */
export const unseenUse = warned(
  'use',
  'which routers name the middleware is not seen from here',
  'name it at the entry point, or in each router (`setup` prints how); with TRAEFIK_API_URL and TRAEFIK_PROBE_URL `check` sees it',
);

function usage(values: TraefikValues): Section {
  const { middleware, format } = values;
  const name = `${middleware}@${providerName(values)}`;
  if (format === 'kubernetes') {
    return [
      'Use it: in an IngressRoute',
      `middlewares: [{name: ${middleware.toLowerCase().replaceAll('_', '-')}}]\n# or on an Ingress (NAMESPACE is that of the Middleware)\ntraefik.ingress.kubernetes.io/router.middlewares: NAMESPACE-${name}`,
    ];
  }
  return [
    'Use it: for everything that comes in by an entry point (static part),',
    `${emitYaml({ entryPoints: { websecure: { http: { middlewares: [name] } } } })}# or for one router, by a label: traefik.http.routers.ROUTER.middlewares=${name}`,
  ];
}
