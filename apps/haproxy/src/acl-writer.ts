import { isSingle, type Network } from '@bouncer/stream';
import type { HeldEntry } from '@bouncer/target';
import { assertKnown, notUnderstood, readResults } from './answers.ts';
import type { RuntimeApi } from './runtime-api.ts';

/** Half of HAProxy's buffer (tune.bufsize 16384), which a line of commands has to fit in. */
const LINE_BYTES = 8000;

/** Adds and removes entries of one ACL, as many commands a line as HAProxy takes. */
export class AclWriter {
  readonly #api: RuntimeApi;
  readonly #acl: string;

  constructor(api: RuntimeApi, acl: string) {
    this.#api = api;
    this.#acl = acl;
  }

  /**
   * Adds what is not present. HAProxy would take an entry a second time.
   * @param done told for each as soon as it is known, with HAProxy's words when it was refused.
   */
  async add(
    networks: readonly Network[],
    present: { has(network: Network): boolean },
    signal: AbortSignal,
    done: (network: Network, refusal: string | undefined) => void,
  ): Promise<void> {
    const missing = networks.filter((network) => !present.has(network));
    for (const network of networks) if (present.has(network)) done(network, undefined);
    // Ranges first: one of them stops more clients than an address does.
    const sorted = [...missing.filter((network) => !isSingle(network)), ...missing.filter(isSingle)];
    await this.#send(
      sorted,
      (network) => `add acl ${this.#acl} ${network}`,
      signal,
      (network, result) => {
        done(network, result === '' ? undefined : result);
      },
    );
  }

  /** Removes entries; told for each as soon as it is gone, or was gone already. */
  async remove(
    entries: readonly HeldEntry<string>[],
    signal: AbortSignal,
    done: (gone: HeldEntry<string>) => void,
  ): Promise<void> {
    // Without a pointer every entry of that text goes, which is what is meant.
    const command = ({ ref, network }: HeldEntry<string>): string =>
      `del acl ${this.#acl} ${ref === undefined ? network : `#${ref}`}`;
    await this.#send(entries, command, signal, (entry, result) => {
      if (result !== '' && !result.startsWith('Key not found')) throw notUnderstood(result);
      done(entry);
    });
  }

  async #send<T>(
    items: readonly T[],
    command: (item: T) => string,
    signal: AbortSignal,
    done: (item: T, result: string) => void,
  ): Promise<void> {
    for (let next = 0; next < items.length;) {
      const [first, commands] = [next, [] as string[]];
      for (let bytes = 0; next < items.length; next += 1) {
        const text = command(items[next] as T);
        bytes += text.length + 1;
        if (bytes > LINE_BYTES && commands.length > 0) break;
        commands.push(text);
      }
      const results = readResults(await this.#api.ask(commands.join(';'), signal), commands.length);
      for (const [index, result] of results.entries()) {
        assertKnown(result);
        done(items[first + index] as T, result);
      }
    }
  }
}
