import { compileFilter, isSingle, parseNetwork } from '@bouncer/stream';
import type { DecisionFilter, ProtectedSpace, WireDecision } from '@bouncer/stream';
import { failed, passed, warned, type CheckStep } from '@bouncer/target';

/** Counts what LAPI has for us, one decision at a time: nothing is kept but numbers. */
export class PullSummary {
  readonly #filter: DecisionFilter;
  readonly #filtered: ReturnType<typeof compileFilter>;
  /** Each setting that filters, alone: a decision may be excluded by several of them. */
  readonly #alone: readonly (readonly [string, ReturnType<typeof compileFilter>])[];
  readonly #space: ProtectedSpace;
  readonly #origins = new Map<string, number>();
  readonly #kinds = new Map<string, number>();
  readonly #scenarios = new Map<string, number>();
  readonly #skipped = new Map<string, number>();
  /** What a person can change, and how many decisions it excludes. */
  readonly #blame = new Map<string, number>();
  #malformed = 0;
  #total = 0;
  #ranges = 0;
  #passed = 0;

  constructor(filter: DecisionFilter, space: ProtectedSpace) {
    this.#filter = filter;
    this.#filtered = compileFilter(filter);
    this.#alone = filtersAlone(filter);
    this.#space = space;
  }

  add(decision: WireDecision): void {
    this.#total += 1;
    bump(this.#origins, decision.origin);
    bump(this.#kinds, decision.type);
    bump(this.#scenarios, decision.scenario);
    const reason = this.#reasonToSkip(decision);
    if (reason === undefined) this.#passed += 1;
    else bump(this.#skipped, reason);
  }

  /** An element whose shape is not that of a decision. */
  addMalformed(): void {
    this.#malformed += 1;
  }

  /** `1842 decisions: origin CAPI 1800, crowdsec 42; type ban 1842; 12 ranges; 3 skipped: protected 3`. */
  toString(): string {
    const skippedTotal = this.#total - this.#passed;
    const skipped = skippedTotal === 0 ? 'none skipped' : `${skippedTotal} skipped: ${list(this.#skipped)}`;
    if (this.#total === 0) return 'no decisions at present';
    return `${this.#total} decisions: origin ${list(this.#origins)}; type ${list(this.#kinds)}; ${this.#ranges} ranges; ${skipped}`;
  }

  /** FAIL when there are decisions and none of them would be blocked; a warning when there is none to see it by. */
  step(): CheckStep {
    if (this.#malformed > 0) {
      const seen = `${this.#malformed} elements of LAPI's answer are no decisions; ${this.toString()}`;
      return failed('pull', seen, 'check that LAPI and no other program answers there, and update CrowdSec');
    }
    if (this.#total === 0)
      return warned('pull', 'no decisions at present: LAPI is empty, so nothing is blocked', emptyFix);
    if (this.#passed > 0) return passed('pull', this.toString());
    const { scenariosContaining = [], scenariosNotContaining = [] } = this.#filter;
    const byScenario = scenariosContaining.length + scenariosNotContaining.length > 0;
    const scenarios = byScenario ? `; scenarios seen: ${list(this.#scenarios)}` : '';
    const seen =
      `none of ${this.#total} ${this.#total === 1 ? 'decision' : 'decisions'} passes the filters: ` +
      `origins seen: ${list(this.#origins)}; types seen: ${list(this.#kinds)}${scenarios}; skipped: ${list(this.#skipped)}`;
    return failed('pull', seen, this.#fix());
  }

  #fix(): string {
    const settings = [...this.#blame].sort(([, a], [, b]) => b - a).map(([name]) => name);
    if (settings.length === 0) {
      return 'only decisions of scope Ip or Range on addresses can be blocked: see `sudo cscli decisions list` for what there is';
    }
    return `see what excludes them: ${settings.join(', ')}`;
  }

  #reasonToSkip(decision: WireDecision): string | undefined {
    // What the stream never brings: countries, autonomous systems, users. Their values are no addresses, and none is meant.
    if (!/^(ip|range)$/i.test(decision.scope)) return `scope ${decision.scope} not enforced`;
    const network = parseNetwork(decision.value);
    if (network !== undefined && !isSingle(network)) this.#ranges += 1;
    for (const [setting, excludes] of this.#alone) if (excludes(decision)) bump(this.#blame, setting);
    const filtered = this.#filtered(decision);
    if (filtered) return `${filtered} not enforced`;
    if (network === undefined) return 'not an address';
    const { kept, reason = 'protected' } = this.#space.shield(network);
    if (kept.length > 0) return undefined;
    const setting = neverBlocked[reason];
    if (setting !== undefined) bump(this.#blame, setting);
    return `never blocked (${reason})`;
  }
}

const emptyFix =
  'see `sudo cscli decisions list` on the CrowdSec machine; the community list comes by `sudo cscli capi register` and blocklists by `sudo cscli console enroll`, both within two hours; for a trial: `sudo cscli decisions add --ip 192.0.2.1 --duration 5m`';

/** What opens an address that is never blocked, where a setting does. */
const neverBlocked: Readonly<Record<string, string>> = {
  allowlist: 'ALLOWLIST (it covers them)',
  private: 'BLOCK_PRIVATE_NETWORKS (private addresses are blocked only when it is true)',
  'link-local': 'BLOCK_PRIVATE_NETWORKS (link-local addresses are blocked only when it is true)',
};

function filtersAlone(filter: DecisionFilter): readonly (readonly [string, ReturnType<typeof compileFilter>])[] {
  const { types, origins = [], scenariosContaining = [], scenariosNotContaining = [] } = filter;
  /** One filter without the one by type: that one takes the decision as if it had the only type there is. */
  const without = (one: Omit<DecisionFilter, 'types'>) => {
    const filtered = compileFilter({ types: new Set(['']), ...one });
    return (decision: WireDecision) => filtered({ ...decision, type: '' });
  };
  const told = (variable: string, values: Iterable<string>) => `${variable} (now ${[...values].join(', ')})`;
  return [
    [told('CROWDSEC_DECISION_TYPES', types), compileFilter({ types })],
    [told('CROWDSEC_ORIGINS', origins), without({ origins })],
    [told('CROWDSEC_SCENARIOS_CONTAINING', scenariosContaining), without({ scenariosContaining })],
    [told('CROWDSEC_SCENARIOS_NOT_CONTAINING', scenariosNotContaining), without({ scenariosNotContaining })],
  ];
}

/** Distinct texts told; origins and types are free text, so there is no natural end. */
const maxNames = 12;

function bump(counts: Map<string, number>, name: string): void {
  const known = counts.has(name) || counts.size < maxNames ? name : 'other';
  counts.set(known, (counts.get(known) ?? 0) + 1);
}

function list(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, amount]) => `${name.slice(0, 40)} ${amount}`).join(', ');
}
