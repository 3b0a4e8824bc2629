import {
  FileTarget,
  type Capabilities,
  type Concern,
  type FileTargetOptions,
  type Held,
  type Logger,
} from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';
import { listenForProxies } from './listener.ts';
import type { KeyWatch } from '../plugin/key-watch.ts';
import { answerProvider } from './provider-server.ts';
import type { TreeMap } from '../emit/tree.ts';
import { writeFirst } from './write-first.ts';

export interface ServedFileTargetOptions extends FileTargetOptions {
  /** `host:port`, or `off`. */
  readonly listen: string;
  /** The dynamic part as it is now. */
  readonly document: () => TreeMap;
  /** What has to be known before anything is written; does not reject but when aborted. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>;
  /** What else lets banned addresses through; no I/O. */
  readonly concerns?: () => readonly Concern[];
  /** Looks whether LAPI takes the key that the files hand on. */
  readonly keyWatch?: KeyWatch | undefined;
  /** True when nothing may be written. */
  readonly dryRun?: boolean;
  readonly log: Logger;
}

/** A FileTarget whose dynamic part Traefik may ask for over HTTP as well. */
export class ServedFileTarget extends FileTarget {
  readonly #options: ServedFileTargetOptions;

  constructor(options: ServedFileTargetOptions) {
    super(options);
    this.#options = options;
  }

  /** The files protect without it, so a port in use is only a warning. */
  async start(signal: AbortSignal): Promise<void> {
    const { listen, document, log, keyWatch, dryRun = false } = this.#options;
    if (!dryRun) await this.#writeFirst(signal);
    keyWatch?.start(signal);
    if (listen === 'off') return;
    try {
      const port = await listenForProxies(listen, answerProvider(document, log), signal);
      log.info({ listen, port }, 'HTTP provider');
    } catch (error) {
      log.warn({ error: messageOf(error), hint: hintOf(error) }, 'the HTTP provider cannot be served');
    }
  }

  override async open(signal: AbortSignal): Promise<Capabilities> {
    await this.#options.prepare?.(signal);
    const capabilities = await super.open(signal);
    await this.#options.keyWatch?.insist(signal);
    return capabilities;
  }

  override async verify(held: Held, signal: AbortSignal): Promise<boolean> {
    this.#options.keyWatch?.assertTaken();
    return super.verify(held, signal);
  }

  concerns(): readonly Concern[] {
    return [...(this.#options.keyWatch?.concerns() ?? []), ...(this.#options.concerns?.() ?? [])];
  }

  /** Told by what follows when it fails: the controller tries the same again. */
  async #writeFirst(signal: AbortSignal): Promise<void> {
    try {
      await writeFirst(this, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#options.log.warn({ error: messageOf(error), hint: hintOf(error) }, 'the files cannot be written yet');
    }
  }
}
