import { FileTarget } from '@bouncer/connector';
import type { FileTargetOptions, HeldEntry, Logger } from '@bouncer/connector';
import { hintOf, messageOf } from '@bouncer/stream';
import type { Network } from '@bouncer/stream';
import { listenAt } from './listener.ts';
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

  /** Also notices a key or certificate that came anew: what would be written is compared with what is there. */
  override async verify(held: ReadonlyMap<Network, HeldEntry>, signal: AbortSignal): Promise<boolean> {
    return (await super.verify(held, signal)) && !(await super.list(signal)).outdated;
  }

  /** The files protect without it, so a port in use is only a warning. */
  async serve(signal: AbortSignal): Promise<void> {
    const { listen, document, log } = this.#options;
    if (listen === 'off') return;
    try {
      const { port } = await listenAt(listen, answerProvider(document, log), signal);
      log.info({ listen, port }, 'HTTP provider');
    } catch (error) {
      log.warn({ error: messageOf(error), hint: hintOf(error) }, 'the HTTP provider cannot be served');
    }
  }
}
