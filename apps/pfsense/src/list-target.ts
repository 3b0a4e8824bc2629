import { parseNetwork, type Network } from '@bouncer/stream';
import type { ApplyReport, Changes, HeldEntry } from '@bouncer/target';

/** A list that is known as a whole: what it holds, and what it will hold after some changes. */
export class KnownList {
  readonly #texts = new Map<Network, string>();

  get size(): number {
    return this.#texts.size;
  }

  /** Takes a listing; gives a map for the controller, and what no entry of ours can be. */
  read(texts: Iterable<string>): { held: Map<Network, HeldEntry>; surplus: HeldEntry[] } {
    this.#texts.clear();
    const held = new Map<Network, HeldEntry>();
    const surplus: HeldEntry[] = [];
    for (const text of texts) {
      const network = parseNetwork(text);
      if (network === undefined || this.#texts.has(network)) {
        surplus.push({ network: (network ?? text) as Network, expiresAt: Infinity, ref: text });
        continue;
      }
      this.#texts.set(network, text);
      held.set(network, { network, expiresAt: Infinity });
    }
    return { held, surplus };
  }

  has(network: Network): boolean {
    return this.#texts.has(network);
  }

  networks(): Iterable<Network> {
    return this.#texts.keys();
  }

  /** What is new and what goes, without what is so already. */
  difference({ create, delete: remove }: Changes): { add: Network[]; gone: HeldEntry[] } {
    const add = create.map(({ network }) => network).filter((network) => !this.#texts.has(network));
    return { add, gone: remove.filter(({ network, ref }) => ref !== undefined || this.#texts.has(network)) };
  }

  /** The list as it will be. */
  after(add: readonly Network[], gone: readonly HeldEntry[]): Set<Network> {
    const next = new Set(this.#texts.keys());
    for (const { network, ref } of gone) if (ref === undefined) next.delete(network);
    for (const network of add) next.add(network);
    return next;
  }

  add(network: Network): void {
    this.#texts.set(network, network);
  }

  remove(network: Network): void {
    this.#texts.delete(network);
  }

  /** Notes that all of it is done, and tells so. */
  done(changes: Changes, report: ApplyReport): void {
    const written = [
      ...changes.create.map(({ network }) => network),
      ...changes.update.map(({ entry }) => entry.network),
    ];
    for (const network of written) this.add(network);
    for (const { network, ref } of changes.delete) if (ref === undefined) this.remove(network);
    for (const network of written) report.written({ network, expiresAt: Infinity });
    for (const held of changes.delete) report.removed(held);
  }
}
