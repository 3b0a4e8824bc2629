import type { Instant } from '../clock.ts';
import type { Network } from '../net/network.ts';
import type { Decision } from './decision.ts';
import type { Entry } from './entry.ts';
import type { Provenance } from './provenance.ts';

/** What of an entry is to be seen from outside. */
export interface Shown {
  readonly expiresAt: Instant;
  readonly provenance: Provenance;
  readonly type: string;
}

/** The entry of a network with several live decisions: blocked until the longest ends, told by the most local, of the strictest type. */
export class MergedEntry implements Shown {
  readonly network: Network;
  /** By id. */
  readonly decisions = new Map<number, Decision>();
  /** Whose origin and scenario are shown: the most local, then the longest, then the oldest row. */
  #speaker: Decision;
  #expiresAt: Instant;

  constructor(first: Decision) {
    this.network = first.network;
    this.#speaker = first;
    this.#expiresAt = first.expiresAt;
    this.decisions.set(first.id, first);
  }

  get expiresAt(): Instant {
    return this.#expiresAt;
  }

  get provenance(): Provenance {
    return this.#speaker.provenance;
  }

  /** A captcha can be solved and anything else is a block, so that comes first. O(1) but where captchas are enforced. */
  get type(): string {
    const { type } = this.#speaker.provenance;
    if (type !== 'captcha') return type;
    for (const { provenance } of this.decisions.values()) if (provenance.type !== 'captcha') return provenance.type;
    return type;
  }

  /** As it is now. */
  shown(): Shown {
    return { expiresAt: this.expiresAt, provenance: this.provenance, type: this.type };
  }

  /** The same for everybody else. */
  snapshot(): Entry {
    const { network, expiresAt, type } = this;
    const { origin, scenario } = this.provenance;
    return { network, expiresAt, origin, scenario, type };
  }

  /** O(1). */
  add(decision: Decision): void {
    this.decisions.set(decision.id, decision);
    if (decision.expiresAt > this.#expiresAt) this.#expiresAt = decision.expiresAt;
    if (speaksBefore(decision, this.#speaker)) this.#speaker = decision;
  }

  /** O(1), unless the one that sets the end or the origin goes. */
  remove(id: number): void {
    const decision = this.decisions.get(id);
    if (!decision) return;
    this.decisions.delete(id);
    if (decision === this.#speaker || decision.expiresAt >= this.#expiresAt) this.refresh();
  }

  /** Works end and origin out again, after decisions changed in place. At least one must be left. */
  refresh(): void {
    let speaker: Decision | undefined;
    let end = 0;
    for (const decision of this.decisions.values()) {
      if (decision.expiresAt > end) end = decision.expiresAt;
      if (!speaker || speaksBefore(decision, speaker)) speaker = decision;
    }
    if (!speaker) return;
    this.#speaker = speaker;
    this.#expiresAt = end;
  }
}

function speaksBefore(a: Decision, b: Decision): boolean {
  if (a.provenance.rank !== b.provenance.rank) return a.provenance.rank < b.provenance.rank;
  if (a.expiresAt !== b.expiresAt) return a.expiresAt > b.expiresAt;
  return a.id < b.id;
}
