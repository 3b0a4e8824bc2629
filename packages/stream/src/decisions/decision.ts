import type { Instant } from '../clock.ts';
import type { Network } from '../net/network.ts';
import type { LiveEntry } from './entry.ts';
import type { Provenance } from './provenance.ts';

/** Generation of a decision that is no longer in the set. Queues that still point to it pass over it. */
export const GONE = -1;

/**
 * One live decision on one network. With a single decision on a network, which is the common case, this very object is
 * the entry of that network. Five fields on purpose: 64 bytes, and there are 100,000 of them.
 */
export class Decision implements LiveEntry {
  readonly network: Network;
  readonly id: number;
  expiresAt: Instant;
  provenance: Provenance;
  /** Number of the full pull that saw it last, or `GONE`. */
  generation: number;

  constructor(network: Network, id: number, expiresAt: Instant, provenance: Provenance, generation: number) {
    this.network = network;
    this.id = id;
    this.expiresAt = expiresAt;
    this.provenance = provenance;
    this.generation = generation;
  }

  get origin(): string {
    return this.provenance.origin;
  }

  get scenario(): string {
    return this.provenance.scenario;
  }

  get type(): string {
    return this.provenance.type;
  }
}
