import type { Capabilities, HeldEntry, Logger, PurgedFiles, RenderedFile, Renderer } from '@bouncer/target';
import { TransientError } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';
import { purgedFiles } from './purged-files.ts';
import { pluginSetup } from './setup.ts';
import { dynamicTree, pluginTree, providerTree } from './documents.ts';
import { configurationFiles, pluginSideFiles } from './plugin-files.ts';

/** The configuration of the plugin as files. There are no entries: the plugin asks LAPI itself. */
export class PluginRenderer implements Renderer {
  readonly capabilities: Capabilities = { families: [], ranges: false, expires: false };
  /** The plugin asks LAPI with the key that we hand on: one of the two only may take the deltas. */
  readonly enforcesElsewhere = true;
  #values: TraefikValues;
  readonly #log: Logger;
  #secrets: string | undefined;

  constructor(values: TraefikValues, log: Logger) {
    this.#values = values;
    this.#log = log;
  }

  /** What it renders from now on. */
  get values(): TraefikValues {
    return this.#values;
  }

  set values(values: TraefikValues) {
    this.#values = values;
  }

  render(): readonly RenderedFile[] {
    const values = this.#values;
    const sides = pluginSideFiles(values);
    if (sides.some(({ bytes }) => bytes.length < 2)) throw new TransientError('the key or a certificate is empty');
    this.#tellChange(sides);
    const dynamic = dynamicTree(values);
    const fixed = { ...pluginTree(values), ...providerTree(values) };
    return [...sides, ...configurationFiles(values, { dynamic, static: fixed, comments: choices(values) })];
  }

  /** True when the key or a certificate is another than the one that was rendered last. */
  isStale(): boolean {
    return this.#secrets !== undefined && this.#secrets !== fingerprint(pluginSideFiles(this.#values));
  }

  *recover(): Iterable<HeldEntry> {
    // No entries.
  }

  purged(): PurgedFiles {
    return purgedFiles(this.#values);
  }

  setup(): string {
    return pluginSetup(this.#values);
  }

  /** Stream mode is bound to what it was started with, so a new key does nothing until Traefik starts anew. */
  #tellChange(sides: readonly RenderedFile[]): void {
    const now = fingerprint(sides);
    if (this.#secrets !== undefined && this.#secrets !== now) {
      const files = sides.map(({ path }) => path);
      const hint = this.#values.reloadCommand === undefined ? 'restart Traefik' : 'TRAEFIK_RELOAD_COMMAND is run';
      this.#log.warn(
        { files, hint },
        'the key or a certificate has changed: the plugin reads it only when Traefik starts',
      );
    }
    this.#secrets = now;
  }
}

function fingerprint(files: readonly RenderedFile[]): string {
  return files.map(({ path, bytes }) => `${path} ${Buffer.from(bytes).toString('base64')}`).join('\n');
}

function choices({ untilFirstPull, pluginVersion }: TraefikValues): readonly string[] {
  const startup = pluginVersion[0] > 1 || pluginVersion[1] >= 7;
  return [
    'Written by crowdsec-traefik-bouncer; changes made here are lost.',
    'updateMaxFailure -1: when LAPI is away, what is known stays blocked and everybody else passes (0 would block everybody).',
    ...(startup
      ? [
          `streamStartupBlock ${String(untilFirstPull === 'closed')}: before the first pull everybody is ${untilFirstPull === 'closed' ? 'blocked' : 'let in'} (TRAEFIK_UNTIL_FIRST_PULL).`,
        ]
      : []),
  ];
}
