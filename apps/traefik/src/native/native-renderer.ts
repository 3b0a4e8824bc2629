import { parseNetwork } from '@bouncer/stream';
import {
  passed,
  warned,
  type Capabilities,
  type CheckStep,
  type HeldEntry,
  type Listed,
  type PurgedFiles,
  type RenderedFile,
  type Renderer,
} from '@bouncer/target';
import type { TraefikValues } from '../config.ts';
import { providerTree } from '../plugin/documents.ts';
import { configurationFiles } from '../plugin/plugin-files.ts';
import { purgedFiles } from '../plugin/purged-files.ts';
import { documentSetup, ownService, sections, unseenUse } from '../plugin/setup.ts';
import type { TreeMap } from '../emit/tree.ts';
import { nativeLimit } from './limit.ts';
import { nativeTree } from './native-tree.ts';

/** Before the networks in a comment of the file: what a restart finds again, whatever form the rules have. */
const MARK = 'blocked: ';

/** Traefik v3.7.9 as run, and pkg/ip/strategy.go: without the header its allow list has no address to look for. */
const directText =
  'requests without X-Forwarded-For get 403: those that come by no proxy, and all of them while the entry point does not trust the proxies (forwardedHeaders.trustedIPs)';

/** A few networks as Traefik's own rules. Traefik knows no ends, so an entry blocks until it is taken out of the file. */
export class NativeRenderer implements Renderer {
  readonly capabilities: Capabilities;
  readonly #values: TraefikValues;
  #tree: TreeMap | undefined;

  constructor(values: TraefikValues) {
    this.#values = values;
    this.capabilities = { families: [4, 6], ranges: true, expires: false, maxEntries: nativeLimit(values) };
  }

  /**
   * The dynamic part as last rendered.
   * @throws Error before that: an empty one would take the middleware away from Traefik.
   */
  get tree(): TreeMap {
    if (this.#tree === undefined) throw new Error('nothing is known yet');
    return this.#tree;
  }

  render(entries: Listed): readonly RenderedFile[] {
    const networks = Array.from(entries, ({ network }) => network).sort();
    const tree = (this.#tree = nativeTree(this.#values, networks));
    const comments = [
      'Written by crowdsec-traefik-bouncer; changes made here are lost.',
      ...(networks.length === 0 ? [] : [`${MARK}${networks.join(' ')}`]),
    ];
    return configurationFiles(this.#values, { dynamic: tree, static: providerTree(this.#values), comments });
  }

  *recover(read: (path: string) => Buffer | undefined): Iterable<HeldEntry> {
    const { middleware, format } = this.#values;
    const text = read(`${middleware}.${format === 'toml' ? 'toml' : 'yml'}`)?.toString() ?? '';
    const line = text.split('\n').find((each) => each.startsWith(`# ${MARK}`)) ?? '';
    for (const word of line.slice(MARK.length + 2).split(' ')) {
      const network = parseNetwork(word);
      if (network !== undefined) yield { network, expiresAt: Infinity };
    }
  }

  purged(): PurgedFiles {
    return purgedFiles(this.#values);
  }

  setup(): string {
    const { trustedProxies } = this.#values;
    const how =
      trustedProxies.length > 0
        ? `an allow list of everybody else, as a middleware: it has to be named where it should count; ${directText}`
        : 'routers before all others: nothing has to be named, but only the address of the peer counts (no CDN)';
    return sections([
      ...documentSetup(this.#values),
      ...ownService(this.#values),
      ['What the rules are:', `${how}; ${this.#limitText()}`],
    ]);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is for renderers that have to ask
  async *check(): AsyncIterable<CheckStep> {
    const { trustedProxies, apiUrl, probeUrl } = this.#values;
    yield passed('limit', this.#limitText());
    if (trustedProxies.length === 0) return;
    yield warned('direct', directText, 'TRAEFIK_MODE=forwardauth takes both');
    if (apiUrl === undefined && probeUrl === undefined) yield unseenUse;
  }

  #limitText(): string {
    return `at most ${nativeLimit(this.#values)} entries, local decisions first; what is over is not blocked: TRAEFIK_MODE=forwardauth takes all`;
  }
}
