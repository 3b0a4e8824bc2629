import type { Part, Use } from './extract.ts';
import { childrenOf, isSourceList, lineOf, sourceAt, textOf } from './source-node.ts';
import type { SourceNode } from './source-node.ts';

/** A name that a router, an entry point or a chain gives: `crowdsec@file`. */
export interface Reference {
  readonly name: string;
  /** What stands after the @; undefined means the provider of whoever names it. */
  readonly provider: string | undefined;
}

/** Something of the dynamic part with a name. */
export interface Named {
  readonly path: string;
  readonly line: number;
  readonly from: Part['from'];
  readonly name: string;
}

export interface Router extends Named {
  readonly middlewares: readonly Reference[];
  /** Undefined when it names none. */
  readonly service: Reference | undefined;
}

/** Who names whom in all files together. Kubernetes objects are left out: their names follow other rules. */
export interface Wiring {
  readonly middlewares: readonly (Named & { readonly chain: readonly Reference[] })[];
  readonly services: readonly Named[];
  readonly routers: readonly Router[];
  /** What entry points put before every router. */
  readonly everywhere: readonly Reference[];
  readonly hasEntryPoints: boolean;
  /** True when the static part has providers whose routers stand in none of these files. */
  readonly hasOtherProviders: boolean;
}

const OTHER_PROVIDERS = [
  ...['docker', 'swarm', 'http', 'consulCatalog', 'consul', 'nomad', 'ecs', 'etcd', 'redis', 'zooKeeper', 'rest'],
  ...['kubernetesCRD', 'kubernetesIngress', 'kubernetesGateway', 'kubernetesIngressNGINX', 'knative'],
];

/** Reads the wiring out of all parts. */
export function wiringOf(all: readonly Part[]): Wiring {
  const parts = all.filter(({ from }) => from !== 'kubernetes');
  const hasLabels = parts.some(({ from, node }) => from !== 'file' && sourceAt(node, 'http', 'routers') !== undefined);
  const others = parts.flatMap(({ node }) =>
    childrenOf(sourceAt(node, 'providers')).map(([name]) => name.toLowerCase()),
  );
  const foreign = OTHER_PROVIDERS.filter((name) => !(hasLabels && /^(?:docker|swarm)$/.test(name)));
  const entryPoints = parts.flatMap(({ node }) => childrenOf(sourceAt(node, 'entryPoints')));
  return {
    middlewares: parts.flatMap((part) =>
      namedIn(part, 'middlewares').map(([named, body]) => ({
        ...named,
        chain: referencesOf(sourceAt(body, 'chain', 'middlewares')),
      })),
    ),
    services: parts.flatMap((part) => namedIn(part, 'services').map(([named]) => named)),
    routers: parts.flatMap((part) =>
      namedIn(part, 'routers').map(([named, body]) => ({
        ...named,
        middlewares: referencesOf(sourceAt(body, 'middlewares')),
        service: referencesOf(sourceAt(body, 'service'))[0],
      })),
    ),
    everywhere: entryPoints.flatMap(([, node]) => referencesOf(sourceAt(node, 'http', 'middlewares'))),
    hasEntryPoints: entryPoints.length > 0,
    hasOtherProviders: foreign.some((name) => others.includes(name.toLowerCase())),
  };
}

/** All names of middlewares that a request can meet: named by a router or an entry point, or by a chain that is. */
export function reachable({ routers, everywhere, middlewares }: Wiring): ReadonlySet<string> {
  const names = new Set<string>();
  const open = [...everywhere, ...routers.flatMap((router) => router.middlewares)].map(({ name }) => name);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (names.has(name)) continue;
    names.add(name);
    for (const each of middlewares) {
      if (each.name === name) open.push(...each.chain.map((next) => next.name));
    }
  }
  return names;
}

/** True when the files speak of the bouncer at all; other people's wiring is none of our business. */
export function speaksOfUs({ routers, everywhere }: Wiring, uses: readonly Use[]): boolean {
  const named = [...everywhere, ...routers.flatMap((router) => router.middlewares)];
  return uses.length > 0 || named.some(({ name }) => /crowdsec/i.test(name));
}

function namedIn(part: Part, group: 'middlewares' | 'services' | 'routers'): readonly (readonly [Named, SourceNode])[] {
  return childrenOf(sourceAt(part.node, 'http', group)).map(([name, body]) => [
    { path: part.path, line: lineOf(body), from: part.from, name },
    body,
  ]);
}

function referencesOf(node: SourceNode | undefined): readonly Reference[] {
  if (node === undefined) return [];
  const texts = isSourceList(node) ? node.map((item) => textOf(item) ?? '') : (textOf(node) ?? '').split(',');
  return texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const [name = '', provider] = text.split('@');
      return { name, provider };
    });
}
