import { advice, trap } from '../options/finding.ts';
import { TypedOptions } from '../options/typed-options.ts';
import type { Declaration, Use } from './extract.ts';
import { placed } from './lint-finding.ts';
import type { LintFinding } from './lint-finding.ts';
import type { Source } from './parse-source.ts';
import { childrenOf, isSourceList, lineOf, sourceAt, textOf } from './source-node.ts';
import type { SourceNode } from './source-node.ts';

/** A container of a compose file that runs Traefik. */
interface TraefikService {
  readonly path: string;
  readonly name: string;
  readonly node: SourceNode;
}

/** What works on the host and not in a container: `localhost`, and folders that Traefik's user cannot write. */
export function checkContainers(
  sources: readonly Source[],
  uses: readonly Use[],
  declarations: readonly Declaration[],
): readonly LintFinding[] {
  const services = sources.flatMap(traefikServices);
  return [
    ...uses.flatMap((use) => ownLocalhost(use, services)),
    ...services.flatMap((service) => pluginStorage(service, declarations)),
  ];
}

function traefikServices({ path, documents }: Source): readonly TraefikService[] {
  return documents
    .flatMap((document) => childrenOf(sourceAt(document, 'services')))
    .filter(([, node]) => /(?:^|\/)traefik(?::|@|$)/.test(textOf(sourceAt(node, 'image')) ?? ''))
    .map(([name, node]) => ({ path, name, node }));
}

function ownLocalhost({ path, line, options }: Use, services: readonly TraefikService[]): readonly LintFinding[] {
  const inside = services.filter(({ node }) => textOf(sourceAt(node, 'network_mode')) !== 'host');
  if (inside.length === 0) return [];
  const typed = new TypedOptions(options);
  return ['crowdsecLapiHost', 'crowdsecAppsecHost']
    .filter((name) => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::|$)/.test(typed.text(name)))
    .flatMap((name) => {
      const seen = `${name} is ${typed.text(name)}: inside its container that is Traefik itself, and nothing is pulled`;
      return placed(path, line, [trap('own-localhost', seen, "write the name of CrowdSec's service: crowdsec:8080")]);
    });
}

/** Traefik unpacks plugins below its working folder (v3.7.9: ./plugins-storage) and starts without them when it cannot. */
function pluginStorage(
  { path, name, node }: TraefikService,
  declarations: readonly Declaration[],
): readonly LintFinding[] {
  if (!declarations.some(({ isLocal }) => !isLocal)) return [];
  const user = textOf(sourceAt(node, 'user')) ?? '0';
  const isReadOnly = /^(?:true|yes)$/i.test(textOf(sourceAt(node, 'read_only')) ?? '');
  if (/^(?:0|root)(?::|$)/.test(user) && !isReadOnly) return [];
  const mounts = [sourceAt(node, 'volumes'), sourceAt(node, 'tmpfs')].flatMap((list) =>
    isSourceList(list) ? list : [],
  );
  if (mounts.some((mount) => JSON.stringify([...leaves(mount)]).includes('plugins-storage'))) return [];
  const why = isReadOnly ? 'has a read-only root' : `runs as ${user}`;
  const seen = `${name} ${why} and has no writable /plugins-storage: the plugin cannot be unpacked, and routers that use it answer 404`;
  return placed(path, lineOf(node), [advice('plugin-storage', seen, 'mount a volume there that this user may write')]);
}

function* leaves(node: SourceNode): Generator<string> {
  const text = textOf(node);
  if (text !== undefined) yield text;
  for (const [, child] of childrenOf(node)) yield* leaves(child);
}
