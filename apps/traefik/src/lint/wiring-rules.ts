import { nearest } from '@bouncer/target';
import { advice, trap } from '../options/finding.ts';
import type { Finding } from '../options/finding.ts';
import type { Use } from './extract.ts';
import { placed } from './lint-finding.ts';
import type { LintFinding } from './lint-finding.ts';
import { reachable, speaksOfUs } from './wiring.ts';
import type { Named, Reference, Router, Wiring } from './wiring.ts';

/** Source: Traefik v3.7.9, pkg/provider, the name that each provider gives itself. */
const PROVIDERS = [
  ...[
    'file',
    'docker',
    'swarm',
    'http',
    'rest',
    'internal',
    'consul',
    'consulcatalog',
    'nomad',
    'ecs',
    'etcd',
    'redis',
  ],
  ...['zookeeper', 'kubernetescrd', 'kubernetes', 'kubernetesgateway', 'kubernetesingressnginx', 'knative'],
];

/** Middlewares that no request meets, and routers that name what is not there: Traefik drops such a router (404). */
export function checkWiring(wiring: Wiring, uses: readonly Use[]): readonly LintFinding[] {
  if (!speaksOfUs(wiring, uses)) return [];
  return [
    ...uses.flatMap((use) => unattached(use, wiring)),
    ...wiring.routers.flatMap((router) => placed(router.path, router.line, routerFindings(router, wiring, uses))),
  ];
}

function unattached(use: Use, wiring: Wiring): readonly LintFinding[] {
  const { path, line, from, middleware } = use;
  if (from === 'kubernetes' || isFilledIn(middleware) || reachable(wiring).has(middleware)) return [];
  const provider = from === 'file' ? 'file' : 'docker';
  const fix = `name ${middleware}@${provider} in a router's middlewares, or for all of them in entryPoints.<name>.http.middlewares`;
  const seen = `no router and no entry point in these files names the middleware ${middleware}`;
  const named = [...wiring.everywhere, ...wiring.routers.flatMap((router) => router.middlewares)];
  const isWhole = wiring.routers.length > 0 && !wiring.hasOtherProviders && !named.some(({ name }) => isFilledIn(name));
  const finding = isWhole
    ? trap('not-attached', `${seen}: it blocks nobody`, fix)
    : advice(
        'not-attached',
        `${seen}: whether it blocks anybody cannot be seen`,
        `${fix}; give those files to --file, too`,
      );
  return placed(path, line, [finding]);
}

function* routerFindings(router: Router, wiring: Wiring, uses: readonly Use[]): Generator<Finding> {
  const { name, from, service } = router;
  for (const reference of router.middlewares) yield* middlewareFinding(router, reference, wiring, uses);
  if (from !== 'file' || wiring.services.some((each) => isFilledIn(each.name))) return;
  if (service === undefined) {
    yield trap(
      'service-missing',
      `router ${name} names no service, and Traefik drops it`,
      'write service: and its name',
    );
  } else if (isHere(service, 'file') && !isFilledIn(service.name) && !defines(wiring.services, service.name, 'file')) {
    const guess = nearest(
      service.name,
      wiring.services.map((each) => each.name),
    );
    const fix = guess === undefined ? 'define it in http.services, or write NAME@docker' : `did you mean ${guess}?`;
    yield trap('service-missing', `router ${name} names the service ${service.name}, which no file has`, fix);
  }
}

function* middlewareFinding(
  { name: router, from }: Router,
  reference: Reference,
  { middlewares }: Wiring,
  uses: readonly Use[],
): Generator<Finding> {
  const { name, provider } = reference;
  if (isFilledIn(`${name}${provider ?? ''}`) || middlewares.some((each) => isFilledIn(each.name))) return;
  if (provider !== undefined && !PROVIDERS.includes(provider) && !provider.startsWith('plugin-')) {
    const guess = nearest(provider, PROVIDERS);
    const fix = `write ${name}@${guess ?? 'file'}`;
    yield trap('unknown-provider', `router ${router} names ${name}@${provider}, and no provider is called so`, fix);
    return;
  }
  const home = provider ?? (from === 'file' ? 'file' : 'docker');
  if (home !== 'file' && home !== 'docker' && home !== 'swarm') return;
  const side = home === 'file' ? 'file' : 'labels';
  if (defines(middlewares, name, side)) return;
  const elsewhere = middlewares.find((each) => each.name === name);
  if (elsewhere) {
    const fix = `write ${name}@${elsewhere.from === 'file' ? 'file' : 'docker'}`;
    yield trap('provider-missing', `router ${router} names ${printed(reference)}, which another provider has`, fix);
    return;
  }
  const guess = nearest(
    name,
    middlewares.filter((each) => (each.from === 'file') === (side === 'file')).map((each) => each.name),
  );
  const isOurs = /crowdsec/i.test(name) || uses.some(({ middleware }) => middleware === guess);
  // Other containers may carry labels of their own; of files, the whole folder is what was given.
  const isSeen = side === 'file' ? middlewares.some((each) => each.from === 'file') : isOurs;
  if (!isSeen) return;
  const fix = guess === undefined ? 'define it, or take it out' : `did you mean ${guess}?`;
  const seen = `router ${router} names the middleware ${printed(reference)}, which none of these files has: Traefik drops the router`;
  yield trap('middleware-missing', seen, fix);
}

function printed({ name, provider }: Reference): string {
  return provider === undefined ? name : `${name}@${provider}`;
}

function isHere({ provider }: Reference, home: string): boolean {
  return provider === undefined || provider === home;
}

function defines(all: readonly Named[], name: string, side: 'file' | 'labels'): boolean {
  return all.some((each) => each.name === name && (each.from === 'file') === (side === 'file'));
}

/** A name that templates make is known to Traefik alone. */
function isFilledIn(text: string): boolean {
  return text.includes('{{');
}
