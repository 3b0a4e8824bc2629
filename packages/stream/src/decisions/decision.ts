import type { Instant } from '../clock.ts';
import type { Network } from '../net/network.ts';
import type { Provenance } from './provenance.ts';

/**
 * Two readings of one decision's end differ by a few seconds: LAPI cuts the rest of the second off, we round up, and a
 * large answer takes its time.
 * All lie after the true end, so the one we have stands.
 */
const SAME_END_SECONDS = 5;

/** One live decision on one network. The set has objects only for networks with several, and makes one for whoever asks. */
export class Decision {
  readonly network: Network;
  readonly id: number;
  expiresAt: Instant;
  provenance: Provenance;
  /** Number of the full pull that saw it last. */
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

/** True when the end that is known stands: both are readings of the same one. */
export function isSameEnd(known: Instant, read: Instant): boolean {
  return known >= read && known - read <= SAME_END_SECONDS;
}
