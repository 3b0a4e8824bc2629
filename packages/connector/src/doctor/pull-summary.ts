import { compileFilter, isSingle, parseNetwork } from '@bouncer/stream';
import type { DecisionFilter, ProtectedSpace, WireDecision } from '@bouncer/stream';

/** Counts what LAPI has for us, one decision at a time: nothing is kept but numbers. */
export class PullSummary {
  readonly #filtered: ReturnType<typeof compileFilter>;
  readonly #space: ProtectedSpace;
  readonly #origins = new Map<string, number>();
  readonly #kinds = new Map<string, number>();
  readonly #skipped = new Map<string, number>();
  #total = 0;
  #ranges = 0;

  constructor(filter: DecisionFilter, space: ProtectedSpace) {
    this.#filtered = compileFilter(filter);
    this.#space = space;
  }

  add(decision: WireDecision): void {
    this.#total += 1;
    bump(this.#origins, decision.origin);
    bump(this.#kinds, decision.type);
    const reason = this.#reasonToSkip(decision);
    if (reason !== undefined) bump(this.#skipped, reason);
  }

  /** `1842 decisions: origin CAPI 1800, crowdsec 42; type ban 1842; 12 ranges; 3 skipped: protected 3`. */
  toString(): string {
    const skippedTotal = [...this.#skipped.values()].reduce((sum, amount) => sum + amount, 0);
    const skipped = skippedTotal === 0 ? 'none skipped' : `${skippedTotal} skipped: ${list(this.#skipped)}`;
    if (this.#total === 0) return 'no decisions at present';
    return `${this.#total} decisions: origin ${list(this.#origins)}; type ${list(this.#kinds)}; ${this.#ranges} ranges; ${skipped}`;
  }

  #reasonToSkip(decision: WireDecision): string | undefined {
    // What the stream never brings: countries, autonomous systems, users. Their values are no addresses, and none is meant.
    if (!/^(ip|range)$/i.test(decision.scope)) return `scope ${decision.scope} not enforced`;
    const network = parseNetwork(decision.value);
    if (network !== undefined && !isSingle(network)) this.#ranges += 1;
    const filtered = this.#filtered(decision);
    if (filtered) return `${filtered} not enforced`;
    if (network === undefined) return 'not an address';
    const { kept, reason } = this.#space.shield(network);
    return kept.length === 0 ? `never blocked (${reason ?? 'protected'})` : undefined;
  }
}

/** Distinct texts told; origins and types are free text, so there is no natural end. */
const mostNames = 12;

function bump(counts: Map<string, number>, name: string): void {
  const known = counts.has(name) || counts.size < mostNames ? name : 'other';
  counts.set(known, (counts.get(known) ?? 0) + 1);
}

function list(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, amount]) => `${name.slice(0, 40)} ${amount}`).join(', ');
}
