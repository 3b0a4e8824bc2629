import { FileTarget } from '@bouncer/connector';
import type { FileTargetOptions, Logger } from '@bouncer/connector';
import { hintOf, messageOf } from '@bouncer/stream';
import { listenForProxies } from './listener.ts';
import { answerProvider } from './provider-server.ts';
import type { TreeMap } from './tree.ts';

export interface ServedFileTargetOptions extends FileTargetOptions {
  /** `host:port`, or `off`. */
  readonly listen: string;
  /** The dynamic part as it is now. */
  readonly document: () => TreeMap;
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
  async serve(signal: AbortSignal): Promise<void> {
    const { listen, document, log } = this.#options;
    if (listen === 'off') return;
    try {
      const port = await listenForProxies(listen, answerProvider(document, log), signal);
      log.info({ listen, port }, 'HTTP provider');
    } catch (error) {
      log.warn({ error: messageOf(error), hint: hintOf(error) }, 'the HTTP provider cannot be served');
    }
  }
}
